#include "server/dav/handler.h"

#include "server/dav/method_table.h"
#include "server/dav/properties.h"

namespace tigress::dav {
namespace {

using share::Refusal;
using share::RefusalCode;
using Kind = share::Target::Kind;

struct Checked {
  const Method* method = nullptr;
  Call call;
  std::optional<share::Outcome> refused = std::nullopt;
};

share::Outcome refuse(const Refusal& refusal) {
  return {toResponse(refusal)};
}

share::Outcome refuse(const Refusal& refusal, Kind kind) {
  share::Outcome outcome = refuse(refusal);
  // RFC 9110 section 15.5.6
  if (refusal.code == RefusalCode::methodNotAllowed) outcome.response.headers.add("Allow", allowed(kind));
  return outcome;
}

// Other names in a share's collection: nothing is there to read, and nothing may be put there.
share::Outcome refuseOtherMember(const Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD" || request.method == "PROPFIND" ||
                     request.method == "DELETE";
  if (reads) return refuse({RefusalCode::notFound, "there is no such share"});
  return refuse({RefusalCode::forbidden, "a share has one document and its name is share.json"});
}

std::optional<share::Outcome> refuseTarget(const share::Target& target, const Request& request,
                                           const Method* method) {
  if (target.kind == Kind::malformed)
    return refuse({RefusalCode::malformed, "the request target is malformed"});
  if (!method) return refuse({RefusalCode::notImplemented, "this method is not known here"});
  if (target.kind == Kind::nowhere || target.kind == Kind::file) {
    return refuse({RefusalCode::notFound, "nothing is here; shares are made by POST to /v1/"});
  }
  if ((method->kinds & kindBit(target.kind)) != 0) return std::nullopt;
  if (target.kind == Kind::otherMember) return refuseOtherMember(request);
  if (target.kind == Kind::newDocument) return refuse({RefusalCode::notFound, "there is no such share"});
  return refuse({RefusalCode::methodNotAllowed, "this method is not for this resource; see Allow"},
                target.kind);
}

Checked check(const Context& context, const share::Target& target, share::SharePointer share,
              const Request& request, TimePoint now) {
  Checked checked{findMethod(request.method), {request, target, std::move(share), now, context, {}, {}}};
  checked.refused = refuseTarget(target, request, checked.method);
  if (checked.refused) return checked;
  if (const auto text = request.headers.joined("If")) {
    auto header = IfHeader::parse(*text);
    if (!header) {
      checked.refused = refuse({RefusalCode::malformed, header.error().detail});
      return checked;
    }
    checked.call.submitted = header->submittedTokens();
    checked.call.condition = std::move(*header);
  }
  if (const auto refusal = checked.method->check(checked.call)) {
    checked.refused = refuse(*refusal, target.kind);
  }
  return checked;
}

// A collection named without its slash is the collection, and the client is told its better name
// (RFC 4918 section 5.2). Beside a Location the field would mean something else.
void nameCollection(const share::Target& target, Response& response) {
  const bool collection = target.kind == Kind::collection || target.kind == Kind::factory;
  const bool success = response.status >= 200 && response.status < 300;
  if (!collection || !success || target.path.back() == '/' || response.headers.has("Location")) return;
  response.headers.add("Content-Location", hrefOf(target.kind, target.id));
}

}  // namespace

share::Outcome answer(const Context& context, const share::Target& target, share::SharePointer share,
                      const Request& request, TimePoint now) {
  Checked checked = check(context, target, std::move(share), request, now);
  if (checked.refused) return std::move(*checked.refused);
  share::Outcome outcome = checked.method->run(checked.call);
  nameCollection(target, outcome.response);
  return outcome;
}

std::optional<share::Outcome> answerToHead(const Context& context, const share::Target& target,
                                           share::SharePointer share, const Request& head, TimePoint now) {
  Checked checked = check(context, target, std::move(share), head, now);
  if (checked.refused) return std::move(checked.refused);
  if (target.kind == Kind::newDocument) return checked.method->run(checked.call);
  return std::nullopt;
}

}  // namespace tigress::dav
