#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/share/share.h"

// The rules of write locks (RFC 4918 sections 6 and 7), as far as a collection with one member needs them.

namespace tigress::share {

/// Lock tokens a request submitted (RFC 4918 section 7.5).
using Tokens = std::set<std::string, std::less<>>;

/// What a request is about to do, as far as locks care.
enum class Write {
  content,       ///< change the document's bytes or properties
  properties,    ///< change the collection's properties
  addMember,     ///< make the document
  removeMember,  ///< delete the document
  removeAll,     ///< delete the collection with all in it
};

/// Forgets locks whose time is up, as by UNLOCK (RFC 4918 section 6.6).
void dropExpiredLocks(Share& share, TimePoint now);

/// Whether the lock holds for that resource: its root, or a member of a depth-infinity root
/// (RFC 4918 section 7.4).
bool covers(const Lock& lock, Member member);

/// The live locks that cover a resource, in the order they were taken.
std::vector<const Lock*> locksOn(const Share& share, Member member, TimePoint now);

/// The root of a lock that stands in the way of `write`, because none of the tokens that would open it
/// was submitted; nothing if the way is free. One token of several shared locks is enough (section 6.2).
std::optional<Member> blockedBy(const Share& share, Write write, const Tokens& submitted, TimePoint now);

/// The root of a lock that a new one would conflict with (RFC 4918 section 6.1), also for its own owner.
std::optional<Member> conflictOf(const Share& share, Member root, LockScope scope, LockDepth depth,
                                 TimePoint now);

}  // namespace tigress::share
