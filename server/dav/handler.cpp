#include "server/dav/handler.h"

#include "server/dav/method_table.h"
#include "server/dav/properties.h"
#include "server/dav/push.h"
#include "server/share/creation.h"

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

// A request that was done before is not done again (Mailbox-Request-ID): 201, and how the share stands.
share::Outcome repeatAnswer(const Call& call) {
  if (call.share && call.request.method == "LOCK") return repeatLock(call);
  share::Outcome outcome{{201, {}, {}}};
  if (call.share) share::describeDocument(*call.share, outcome.response);
  return outcome;
}

std::optional<share::Outcome> refuseTarget(const share::Target& target, const Request& request,
                                           const Method* method) {
  if (target.kind == Kind::malformed)
    return refuse({RefusalCode::malformed, "the request target is malformed"});
  if (!method) return refuse({RefusalCode::notImplemented, "this method is not known here"});
  const bool elsewhere = target.kind == Kind::mailboxes || target.kind == Kind::mailbox;
  if (target.kind == Kind::nowhere || target.kind == Kind::file || elsewhere) {
    return refuse({RefusalCode::notFound, "nothing is here; shares are made by POST to /v1/"});
  }
  if ((method->kinds & kindBit(target.kind)) != 0) return std::nullopt;
  if (target.kind == Kind::otherMember) return refuseOtherMember(request);
  if (target.kind == Kind::newDocument) return refuse({RefusalCode::notFound, "there is no such share"});
  return refuse({RefusalCode::methodNotAllowed, "this method is not for this resource; see Allow"},
                target.kind);
}

Checked check(const share::Context& context, const share::Target& target, share::SharePointer record,
              const Request& request, TimePoint now) {
  share::Seen seen = share::see(std::move(record));
  Checked checked{findMethod(request.method),
                  {request,
                   target,
                   std::move(seen.share),
                   std::move(seen.ended),
                   seen.taken,
                   now,
                   context,
                   {},
                   {},
                   {},
                   {}}};
  checked.refused = refuseTarget(target, request, checked.method);
  if (checked.refused) return checked;
  Call& call = checked.call;
  auto caller = share::readCaller(request, context.sha256);
  if (!caller) {
    checked.refused = refuse(caller.error());
    return checked;
  }
  call.caller = std::move(*caller);
  const share::SharePointer& known = call.share ? call.share : call.ended;
  call.party = known ? share::partyOf(*known, call.caller) : share::Party::stranger;
  if (const auto text = request.headers.joined("If")) {
    auto header = IfHeader::parse(*text);
    if (!header) {
      checked.refused = refuse({RefusalCode::malformed, header.error().detail});
      return checked;
    }
    call.submitted = header->submittedTokens();
    call.condition = std::move(*header);
  }
  const bool isWrite =
      checked.method->access != share::Access::anyone && checked.method->access != share::Access::read;
  if (isWrite && known && share::isRepeat(*known, call.party, call.caller)) {
    checked.refused = repeatAnswer(call);
    return checked;
  }
  // A registration is its holder's: its address is all it takes to end it.
  if (call.share && target.kind != Kind::registration) {
    if (const auto refusal = share::deny(*call.share, call.party, checked.method->access)) {
      checked.refused = refuse(*refusal);
      return checked;
    }
  }
  if (const auto refusal = checked.method->check(call)) checked.refused = refuse(*refusal, target.kind);
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

// A change remembers its request as done.
share::Outcome finish(const Call& call, share::Outcome outcome) {
  nameCollection(call.target, outcome.response);
  outcome.spared = sparedBy(call);
  if (outcome.change && outcome.change->next && call.share) {
    share::note(*outcome.change->next, call.party, call.caller);
  }
  return outcome;
}

}  // namespace

share::Outcome answer(const share::Context& context, const share::Target& target, share::SharePointer record,
                      const Request& request, TimePoint now) {
  Checked checked = check(context, target, std::move(record), request, now);
  return finish(checked.call,
                checked.refused ? std::move(*checked.refused) : checked.method->run(checked.call));
}

std::optional<share::Outcome> answerToHead(const share::Context& context, const share::Target& target,
                                           share::SharePointer record, const Request& head, TimePoint now) {
  Checked checked = check(context, target, std::move(record), head, now);
  if (checked.refused) return finish(checked.call, std::move(*checked.refused));
  if (target.kind == Kind::newDocument) return finish(checked.call, checked.method->run(checked.call));
  return std::nullopt;
}

}  // namespace tigress::dav
