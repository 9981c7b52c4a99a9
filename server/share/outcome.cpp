#include "server/share/outcome.h"

#include "common/dav_xml.h"
#include "tigress/json.h"

namespace tigress::share {

int statusOf(RefusalCode code) {
  switch (code) {
    case RefusalCode::malformed:
      return 400;
    case RefusalCode::unauthorized:
      return 401;
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
    case RefusalCode::tooManyRequests:
      return 429;
    case RefusalCode::notImplemented:
      return 501;
    case RefusalCode::unavailable:
      return 503;
    case RefusalCode::insufficientStorage:
      return 507;
  }
  return 500;
}

namespace {

// What passes by itself: the next moment, or the next cleanup.
std::optional<int> retryAfter(RefusalCode code) {
  if (code == RefusalCode::unavailable) return 1;
  if (code == RefusalCode::insufficientStorage) return 60;
  return std::nullopt;
}

Response problemDocument(int status, std::string detail, std::string_view type, std::string_view state) {
  Json::Object document = {
      {"type", type}, {"title", reasonPhrase(status)}, {"status", status}, {"detail", std::move(detail)}};
  if (!state.empty()) document.push_back({"state", state});
  return {status,
          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store, no-transform"}},
          Json(std::move(document)).dump() + "\n"};
}

Response problemOf(const Refusal& refusal) {
  Response response = problemDocument(statusOf(refusal.code), refusal.detail, refusal.type, refusal.state);
  // RFC 9110 section 15.5.2 wants a challenge with every 401.
  if (refusal.code == RefusalCode::unauthorized)
    response.headers.add("WWW-Authenticate", "Mailbox-Device-Claim");
  return response;
}

}  // namespace

Refusal noRoom() {
  return {RefusalCode::insufficientStorage, "the relay has no room for this now; try again later",
          "sufficient-disk-space"};
}

void takePlaceOfExpired(Change& change, const SharePointer& stored, TimePoint now) {
  if (change.expected != 0 || !change.next || !stored || stored->id != change.id || isLive(*stored, now))
    return;
  change.expected = stored->version;
  change.next->version = stored->version;
}

Response toResponse(const Refusal& refusal) {
  Response response =
      refusal.condition.empty()
          ? problemOf(refusal)
          : Response{statusOf(refusal.code),
                     {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
                     formatError(refusal.condition, refusal.hrefs, refusal.wrapper)};
  if (const auto seconds = retryAfter(refusal.code))
    response.headers.add("Retry-After", std::to_string(*seconds));
  return response;
}

Response problem(int status, std::string detail) {
  return problemDocument(status, std::move(detail), "about:blank", {});
}

}  // namespace tigress::share
