#include <algorithm>

#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"
#include "server/dav/push.h"
#include "server/dav/request_headers.h"

namespace tigress::dav {
namespace {

using share::Refusal;
using share::RefusalCode;

}  // namespace

std::optional<Refusal> checkDelete(const Call& call) {
  const bool collection = call.target.kind == share::Target::Kind::collection;
  if (!call.request.body.empty()) {  // RFC 4918 section 8.4
    return Refusal{RefusalCode::unsupportedMediaType, "DELETE takes no body"};
  }
  const auto depth = call.request.headers.find("Depth");
  if (collection && depth && parseDepth(*depth) != Depth::infinity) {
    return Refusal{RefusalCode::malformed, "a collection is deleted with all in it: Depth infinity or none"};
  }
  if (call.target.kind == share::Target::Kind::registration) return checkUnregister(call);
  if (!call.isMapped()) return noSuchShare(call);
  if (auto refusal = failedPrecondition(call)) return refusal;
  // Closing a claimed share is the right of both its devices, whatever lock there is.
  if (call.party != share::Party::stranger) return std::nullopt;
  return blockedByLock(call, collection ? share::Write::removeAll : share::Write::removeMember);
}

share::Outcome runDelete(const Call& call) {
  if (call.target.kind == share::Target::Kind::registration) return unregisterPush(call);
  share::Outcome outcome{{204, {{"Cache-Control", "no-store"}}, {}}};
  const bool document = call.target.kind == share::Target::Kind::document;
  if (document && !call.share->claims && call.context.rules.identifiers == share::Identifiers::any) {
    // Where clients make collections, theirs stays when its member goes (RFC 4918 section 9.6).
    share::Share next = *call.share;
    next.stage = share::Stage::empty;
    next.body.clear();
    next.etag.clear();
    next.display = {};
    share::dropExpiredLocks(next, call.now);
    next.locks.erase(
        std::remove_if(next.locks.begin(), next.locks.end(),
                       [](const share::Lock& lock) { return lock.root == share::Member::document; }),
        next.locks.end());
    outcome.change = share::Change::write(std::move(next));
  } else {
    outcome.change = share::endShare(*call.share, call.party, call.caller, call.now);
  }
  return outcome;
}

}  // namespace tigress::dav
