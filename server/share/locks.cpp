#include "server/share/locks.h"

#include <algorithm>

namespace tigress::share {
namespace {

// Which of a share's two states a lock protects (RFC 4918 section 7.4): that of the document, or the
// collection's own, which is its properties and the members it has. A depth-infinity lock on the collection
// protects both.
enum class Protected { content, collection };

bool protects(const Lock& lock, Protected what) {
  return what == Protected::content ? covers(lock, Member::document) : lock.root == Member::collection;
}

std::vector<Protected> touchedBy(Write write) {
  switch (write) {
    case Write::content:
      return {Protected::content};
    case Write::properties:
    case Write::addMember:
      return {Protected::collection};
    case Write::removeMember:
    case Write::removeAll:
      return {Protected::collection, Protected::content};
  }
  return {};
}

}  // namespace

void dropExpiredLocks(Share& share, TimePoint now) {
  share.locks.erase(std::remove_if(share.locks.begin(), share.locks.end(),
                                   [&](const Lock& lock) { return lock.expires <= now; }),
                    share.locks.end());
}

bool covers(const Lock& lock, Member member) {
  return lock.root == member || (lock.root == Member::collection && lock.depth == LockDepth::infinity);
}

std::vector<const Lock*> locksOn(const Share& share, Member member, TimePoint now) {
  std::vector<const Lock*> locks;
  for (const Lock& lock : share.locks) {
    if (lock.expires > now && covers(lock, member)) locks.push_back(&lock);
  }
  return locks;
}

std::optional<Member> blockedBy(const Share& share, Write write, const Tokens& submitted, TimePoint now) {
  for (const Protected what : touchedBy(write)) {
    std::optional<Member> closed;
    bool opened = false;
    for (const Lock& lock : share.locks) {
      if (lock.expires <= now || !protects(lock, what)) continue;
      if (!closed) closed = lock.root;
      opened = opened || submitted.count(lock.token) > 0;
    }
    if (closed && !opened) return closed;
  }
  return std::nullopt;
}

std::optional<Member> conflictOf(const Share& share, Member root, LockScope scope, LockDepth depth,
                                 TimePoint now) {
  for (const Lock& lock : share.locks) {
    if (lock.expires <= now) continue;
    const bool meets = covers(lock, root) || (root == Member::collection &&
                                              depth == LockDepth::infinity);  // it would cover the member
    if (meets && (scope == LockScope::exclusive || lock.scope == LockScope::exclusive)) return lock.root;
  }
  return std::nullopt;
}

}  // namespace tigress::share
