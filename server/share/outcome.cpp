#include "server/share/outcome.h"

#include "common/dav_xml.h"
#include "common/json.h"

namespace tigress::share {

int statusOf(RefusalCode code) {
  switch (code) {
    case RefusalCode::malformed:
      return 400;
    case RefusalCode::forbidden:
      return 403;
    case RefusalCode::notFound:
      return 404;
    case RefusalCode::methodNotAllowed:
      return 405;
    case RefusalCode::conflict:
      return 409;
    case RefusalCode::preconditionFailed:
      return 412;
    case RefusalCode::contentTooLarge:
      return 413;
    case RefusalCode::unsupportedMediaType:
      return 415;
    case RefusalCode::unprocessable:
      return 422;
    case RefusalCode::locked:
      return 423;
    case RefusalCode::notImplemented:
      return 501;
    case RefusalCode::unavailable:
      return 503;
    case RefusalCode::insufficientStorage:
      return 507;
  }
  return 500;
}

Response toResponse(const Refusal& refusal) {
  const int status = statusOf(refusal.code);
  if (refusal.condition.empty()) return problem(status, refusal.detail);
  return {status,
          {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
          formatError(refusal.condition, refusal.hrefs, refusal.wrapper)};
}

Response problem(int status, std::string detail) {
  const Json document = Json::Object{{"type", "about:blank"},
                                     {"title", reasonPhrase(status)},
                                     {"status", status},
                                     {"detail", std::move(detail)}};
  return {status,
          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store, no-transform"}},
          document.dump() + "\n"};
}

}  // namespace tigress::share
