#include <algorithm>

#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"
#include "server/dav/request_headers.h"

namespace tigress::dav {

using share::Refusal;
using share::RefusalCode;

namespace {

std::optional<std::string> tokenOf(const Call& call) {
  return parseLockToken(call.request.headers.joined("Lock-Token").value_or(""));
}

// The live lock the request names, if the request's resource is in its scope (RFC 4918 section 9.11).
const share::Lock* namedLock(const Call& call) {
  if (!call.share || call.target.kind == share::Target::Kind::otherMember) return nullptr;
  const auto token = tokenOf(call);
  for (const share::Lock* lock : share::locksOn(*call.share, call.member(), call.now)) {
    if (lock->token == token) return lock;
  }
  return nullptr;
}

}  // namespace

std::optional<Refusal> checkUnlock(const Call& call) {
  if (!call.request.body.empty()) {  // RFC 4918 section 8.4
    return Refusal{RefusalCode::unsupportedMediaType, "UNLOCK takes no body"};
  }
  if (!tokenOf(call)) return Refusal{RefusalCode::malformed, "UNLOCK needs Lock-Token: <token>"};
  const bool other = call.target.kind == share::Target::Kind::otherMember;
  if (!other && !call.isMapped()) return noSuchShare(call);
  if (auto refusal = failedPrecondition(call)) return refusal;
  if (!namedLock(call)) {
    return Refusal{RefusalCode::conflict, "no lock with that token covers this resource",
                   "lock-token-matches-request-uri"};
  }
  return std::nullopt;
}

share::Outcome runUnlock(const Call& call) {
  const std::string token = namedLock(call)->token;
  share::Share next = *call.share;
  next.locks.erase(std::remove_if(next.locks.begin(), next.locks.end(),
                                  [&](const share::Lock& lock) { return lock.token == token; }),
                   next.locks.end());
  share::Outcome outcome{{204, {{"Cache-Control", "no-store"}}, {}}};
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

}  // namespace tigress::dav
