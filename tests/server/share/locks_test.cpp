#include "server/share/locks.h"

#include "tests/catch.h"

namespace tigress::share {
namespace {

const TimePoint kNow = *parseRfc3339("2026-11-21T12:00:00Z");
constexpr LockScope kExclusive = LockScope::exclusive;
constexpr LockScope kShared = LockScope::shared;

Lock lockOn(Member root, LockDepth depth, std::string token = "urn:t", LockScope scope = kExclusive) {
  Lock lock;
  lock.token = std::move(token);
  lock.scope = scope;
  lock.depth = depth;
  lock.root = root;
  lock.expires = kNow + std::chrono::seconds(10);
  return lock;
}

Share shareWith(std::vector<Lock> locks) {
  Share share;
  share.stage = Stage::filled;
  share.locks = std::move(locks);
  return share;
}

TEST_CASE("a lock covers its root, and a member only from a collection locked with depth infinity") {
  CHECK(covers(lockOn(Member::document, LockDepth::zero), Member::document));
  CHECK_FALSE(covers(lockOn(Member::document, LockDepth::zero), Member::collection));
  CHECK(covers(lockOn(Member::collection, LockDepth::zero), Member::collection));
  CHECK_FALSE(covers(lockOn(Member::collection, LockDepth::zero), Member::document));
  CHECK(covers(lockOn(Member::collection, LockDepth::infinity), Member::document));
}

TEST_CASE("each lock stands in the way of what it protects, and of nothing else") {
  struct Row {
    Member root;
    LockDepth depth;
    bool content, properties, addMember, removeMember, removeAll;
  };
  const Row rows[] = {
      {Member::document, LockDepth::zero, true, false, false, true, true},
      {Member::collection, LockDepth::zero, false, true, true, true, true},
      {Member::collection, LockDepth::infinity, true, true, true, true, true},
  };
  for (const Row& row : rows) {
    const Share share = shareWith({lockOn(row.root, row.depth)});
    CAPTURE(row.root == Member::document, row.depth == LockDepth::infinity);
    const auto isBlocked = [&](Write write) {
      const auto root = blockedBy(share, write, {}, kNow);
      if (root) CHECK(*root == row.root);
      CHECK_FALSE(blockedBy(share, write, {"urn:t"}, kNow));
      CHECK(blockedBy(share, write, {"urn:other"}, kNow) == root);
      return root.has_value();
    };
    CHECK(isBlocked(Write::content) == row.content);
    CHECK(isBlocked(Write::properties) == row.properties);
    CHECK(isBlocked(Write::addMember) == row.addMember);
    CHECK(isBlocked(Write::removeMember) == row.removeMember);
    CHECK(isBlocked(Write::removeAll) == row.removeAll);
  }
}

TEST_CASE("of several shared locks one token is enough") {
  const Share share = shareWith({lockOn(Member::document, LockDepth::zero, "urn:a", kShared),
                                 lockOn(Member::document, LockDepth::zero, "urn:b", kShared)});
  CHECK(blockedBy(share, Write::content, {}, kNow));
  CHECK_FALSE(blockedBy(share, Write::content, {"urn:a"}, kNow));
  CHECK_FALSE(blockedBy(share, Write::content, {"urn:b"}, kNow));
}

TEST_CASE("a write that two locks protect needs a token of each") {
  const Share share = shareWith({lockOn(Member::collection, LockDepth::zero, "urn:c"),
                                 lockOn(Member::document, LockDepth::zero, "urn:d")});
  CHECK(blockedBy(share, Write::removeMember, {"urn:c"}, kNow) == Member::document);
  CHECK(blockedBy(share, Write::removeMember, {"urn:d"}, kNow) == Member::collection);
  CHECK_FALSE(blockedBy(share, Write::removeMember, {"urn:c", "urn:d"}, kNow));
}

TEST_CASE("two locks conflict where they meet, unless both are shared") {
  struct Row {
    Member heldRoot;
    LockDepth heldDepth;
    Member newRoot;
    LockDepth newDepth;
    bool meet;
  };
  const Member C = Member::collection;
  const Member D = Member::document;
  const LockDepth zero = LockDepth::zero;
  const LockDepth infinity = LockDepth::infinity;
  const Row rows[] = {
      {D, zero, D, zero, true},     {D, zero, C, zero, false},    {D, zero, C, infinity, true},
      {C, zero, D, zero, false},    {C, zero, C, zero, true},     {C, zero, C, infinity, true},
      {C, infinity, D, zero, true}, {C, infinity, C, zero, true}, {C, infinity, C, infinity, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.heldRoot == D, row.heldDepth == infinity, row.newRoot == D, row.newDepth == infinity);
    for (const LockScope held : {kExclusive, kShared}) {
      const Share share = shareWith({lockOn(row.heldRoot, row.heldDepth, "urn:t", held)});
      for (const LockScope wanted : {kExclusive, kShared}) {
        const bool conflict = row.meet && (held == kExclusive || wanted == kExclusive);
        const auto root = conflictOf(share, row.newRoot, wanted, row.newDepth, kNow);
        CHECK(root.has_value() == conflict);
        if (root) CHECK(*root == row.heldRoot);
      }
    }
  }
}

TEST_CASE("from its last moment on a lock is as if it were not there") {
  Share share = shareWith({lockOn(Member::document, LockDepth::zero)});
  const TimePoint end = share.locks[0].expires;
  const TimePoint before = end - std::chrono::milliseconds(1);
  CHECK(locksOn(share, Member::document, before).size() == 1);
  CHECK(locksOn(share, Member::document, end).empty());
  CHECK(blockedBy(share, Write::content, {}, before));
  CHECK_FALSE(blockedBy(share, Write::content, {}, end));
  CHECK(conflictOf(share, Member::document, kExclusive, LockDepth::zero, before));
  CHECK_FALSE(conflictOf(share, Member::document, kExclusive, LockDepth::zero, end));
  dropExpiredLocks(share, before);
  CHECK(share.locks.size() == 1);
  dropExpiredLocks(share, end);
  CHECK(share.locks.empty());
}

TEST_CASE("locks are found in the order they were taken") {
  const Share share = shareWith({lockOn(Member::collection, LockDepth::infinity, "urn:1", kShared),
                                 lockOn(Member::document, LockDepth::zero, "urn:2", kShared),
                                 lockOn(Member::collection, LockDepth::zero, "urn:3", kShared)});
  const auto ofDocument = locksOn(share, Member::document, kNow);
  REQUIRE(ofDocument.size() == 2);
  CHECK(ofDocument[0]->token == "urn:1");
  CHECK(ofDocument[1]->token == "urn:2");
  CHECK(locksOn(share, Member::collection, kNow).size() == 2);
}

}  // namespace
}  // namespace tigress::share
