#include <algorithm>

#include "server/dav/method_table.h"
#include "server/dav/naming.h"
#include "server/dav/preconditions.h"
#include "server/dav/properties.h"
#include "server/dav/request_headers.h"
#include "server/dav/xml_refusal.h"
#include "server/share/creation.h"

// LOCK (RFC 4918 section 9.10): with a body a new lock, without one the refresh of the lock that the If
// header names.

namespace tigress::dav {
namespace {

using share::LockDepth;
using share::Member;
using share::Refusal;
using share::RefusalCode;

// The server chooses (RFC 4918 section 6.6): what was asked, but never past the share's end.
TimePoint lockExpiry(const Call& call, TimePoint shareExpires) {
  const auto asked =
      parseTimeout(call.request.headers.joined("Timeout").value_or("")).value_or(std::chrono::seconds::max());
  const std::chrono::seconds granted =
      std::clamp(asked, std::chrono::seconds(1), call.context.rules.longestLock);
  return std::min(call.now + granted, shareExpires);
}

// No Depth means infinity (section 9.10.3). A document has no members, so there it means nothing.
std::optional<LockDepth> lockDepth(const Call& call) {
  if (call.member() == Member::document) return LockDepth::zero;
  const auto text = call.request.headers.find("Depth");
  if (!text) return LockDepth::infinity;
  const auto depth = parseDepth(*text);
  if (depth == Depth::zero) return LockDepth::zero;
  if (depth == Depth::infinity) return LockDepth::infinity;
  return std::nullopt;
}

share::Outcome answerWithLocks(const Call& call, int status, const share::Share& share,
                               const std::vector<std::string>& tokens) {
  std::vector<const share::Lock*> locks;
  for (const share::Lock& lock : share.locks) {
    if (std::find(tokens.begin(), tokens.end(), lock.token) != tokens.end()) locks.push_back(&lock);
  }
  return {{status,
           {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
           formatProp(lockDiscovery(share, locks, call.now, call.party))}};
}

void nameLock(const std::string& token, Response& response) {
  response.headers.add("Lock-Token", "<" + token + ">");
}

share::Outcome newLock(const Call& call) {
  const auto info = parseLockInfo(call.request.body);
  if (!info) return {toResponse(refuseXml(info.error()))};
  const auto depth = lockDepth(call);
  if (!depth) return {toResponse(Refusal{RefusalCode::malformed, "Depth of a LOCK is 0 or infinity"})};
  share::Share next = *call.share;
  share::dropExpiredLocks(next, call.now);
  const Member root = call.member();
  if (const auto conflict = share::conflictOf(next, root, info->scope, *depth, call.now)) {
    return {toResponse(Refusal{RefusalCode::locked,
                               "another lock is in the way",
                               "no-conflicting-lock",
                               {share::pathOf(next.id, *conflict)}})};
  }
  if (next.locks.size() >= call.context.rules.locksPerShare) {
    return {toResponse(Refusal{RefusalCode::forbidden, "the share has as many locks as it may have"})};
  }
  // LOCK of what is not there makes it, with no bytes (section 9.10.4).
  const bool creates = !call.isMapped();
  if (creates)
    share::fill(next, {}, {}, call.context.random, call.now,
                share::defaultExpiry(call.context.rules, call.now));
  share::Lock lock;
  lock.token = "urn:uuid:" + Uuid::random(call.context.random).toString();
  lock.scope = info->scope;
  lock.depth = *depth;
  lock.root = root;
  lock.owner = info->owner;
  lock.expires = lockExpiry(call, next.expires);
  const std::string token = lock.token;
  next.locks.push_back(std::move(lock));
  share::Outcome outcome = answerWithLocks(call, creates ? 201 : 200, next, {token});
  nameLock(token, outcome.response);
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

// The lock is named by its token in the If header, and by any resource in its scope (section 9.10.2).
share::Outcome refresh(const Call& call) {
  share::Share next = *call.share;
  share::dropExpiredLocks(next, call.now);
  std::vector<std::string> refreshed;
  for (share::Lock& lock : next.locks) {
    if (!share::covers(lock, call.member()) || call.submitted.count(lock.token) == 0) continue;
    lock.expires = lockExpiry(call, next.expires);
    refreshed.push_back(lock.token);
  }
  if (refreshed.empty()) {
    return {
        toResponse(Refusal{RefusalCode::preconditionFailed, "the token in the If header is of no lock here",
                           "lock-token-matches-request-uri"})};
  }
  share::Outcome outcome = answerWithLocks(call, 200, next, refreshed);
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

Refusal refuseWithoutBody() {
  return {RefusalCode::malformed,
          "a LOCK without a body refreshes a lock: name its token in an If header; a new lock needs a "
          "DAV:lockinfo body"};
}

bool isRefresh(const Call& call) {
  return call.request.body.empty();
}

// Whether the request announces a body, known before it is read.
bool announcesBody(const Call& call) {
  const auto length = call.request.headers.find("Content-Length");
  return call.request.headers.has("Transfer-Encoding") || (length && *length != "0");
}

}  // namespace

std::optional<Refusal> checkLock(const Call& call) {
  const bool refreshing = isRefresh(call) && !announcesBody(call);
  if (refreshing && !call.condition) return refuseWithoutBody();
  if (auto refusal = failedPrecondition(call)) {
    // The false condition of a refresh is its token (section 9.10.6).
    if (refreshing) refusal->condition = "lock-token-matches-request-uri";
    return refusal;
  }
  if (!call.share) return refuseClientIdentifier();
  if (!call.isMapped()) {
    if (call.target.kind == share::Target::Kind::collection) return refuseClientIdentifier();
    return blockedByLock(call, share::Write::addMember);
  }
  return std::nullopt;
}

share::Outcome runLock(const Call& call) {
  if (!isRefresh(call)) return newLock(call);
  // A body was announced, but there is nothing in its chunks.
  if (!call.condition) return {toResponse(refuseWithoutBody())};
  return refresh(call);
}

// No lock says which request took it. Of those that are as this one wanted its own, that is the newest.
share::Outcome repeatLock(const Call& call) {
  const auto info = parseLockInfo(call.request.body);
  const auto depth = lockDepth(call);
  std::vector<std::string> refreshed;
  std::vector<std::string> taken;
  for (const share::Lock* lock : share::locksOn(*call.share, call.member(), call.now)) {
    if (call.submitted.count(lock->token) != 0) refreshed.push_back(lock->token);
    const bool alike = info && lock->root == call.member() && lock->scope == info->scope &&
                       lock->depth == depth && lock->owner == info->owner;
    if (alike) taken = {lock->token};
  }
  if (isRefresh(call)) return answerWithLocks(call, 201, *call.share, refreshed);
  share::Outcome outcome = answerWithLocks(call, 201, *call.share, taken);
  if (!taken.empty()) nameLock(taken.front(), outcome.response);
  return outcome;
}

}  // namespace tigress::dav
