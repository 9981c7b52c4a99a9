#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/store/share_store.h"
#include "tests/catch.h"
#include "tests/server/share/full_share.h"
#include "tests/server/store/commit_now.h"

// What server/store/share_store.h promises, for every backend to prove. A backend's test file has one test
// case for each suite here that it is meant to pass.

namespace tigress::contract {

/// Gives a store. Whether it is empty is said by the suite that calls it.
using OpenStore = std::function<std::unique_ptr<store::ShareStore>()>;

inline TimePoint at(std::int64_t milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

/// A small record that expires at that moment.
inline share::Share shareUntil(TimePoint expires, std::string body = "{}") {
  share::Share share;
  share.id = Uuid::random(systemRandom);
  share.stage = share::Stage::filled;
  share.expires = expires;
  share.body = std::move(body);
  share.etag = "\"1\"";
  return share;
}

/// The change that makes `share` the record if the stored version is `expected`.
inline share::Change writeOver(share::Share share, std::uint64_t expected) {
  share.version = expected;
  return share::Change::write(std::move(share));
}

inline share::Change eraseOf(const Uuid& id, std::uint64_t expected) {
  return {id, expected, std::nullopt};
}

/// Runs `work(i)` in that many threads at once.
inline void inThreads(int count, const std::function<void(int)>& work) {
  std::atomic<int> missing{count};
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      --missing;
      while (missing > 0) std::this_thread::yield();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

inline std::set<Uuid> asSet(const std::vector<Uuid>& ids) {
  return {ids.begin(), ids.end()};
}

/// What is stored is counted. `open` gives an empty store.
inline void checkUsage(const OpenStore& open) {
  using store::Commit;
  using store::commitNow;
  const auto store = open();
  CHECK(store->usage().records == 0);

  const share::Share first = shareUntil(at(1000), std::string(50000, 'x'));
  const share::Share second = shareUntil(at(2000));
  REQUIRE(commitNow(*store, writeOver(first, 0)) == Commit::done);
  REQUIRE(commitNow(*store, writeOver(second, 0)) == Commit::done);
  const store::Usage two = store->usage();
  CHECK(two.records == 2);
  CHECK(two.bytes >= 50000);
  CHECK(two.commits == 2);

  SECTION("a replaced record is still one") {
    REQUIRE(commitNow(*store, writeOver(second, 1)) == Commit::done);
    CHECK(store->usage().records == 2);
  }
  SECTION("what was refused does not count") {
    REQUIRE(commitNow(*store, writeOver(second, 0)) == Commit::conflict);
    REQUIRE(commitNow(*store, eraseOf(second.id, 7)) == Commit::conflict);
    CHECK(store->usage().records == 2);
    CHECK(store->usage().commits == 2);
  }
  SECTION("an erased record gives its room back") {
    REQUIRE(commitNow(*store, eraseOf(first.id, 1)) == Commit::done);
    CHECK(store->usage().records == 1);
    CHECK(store->usage().bytes + 50000 <= two.bytes);
  }
  SECTION("so does an expired one, unless something remains of it") {
    share::Share claimed = shareUntil(at(500));
    claimed.claims = share::Claims();
    claimed.claims->remembered = std::chrono::hours(1);
    REQUIRE(commitNow(*store, writeOver(claimed, 0)) == Commit::done);
    REQUIRE(store->removeExpired(at(1500), 10).size() == 2);
    CHECK(store->usage().records == 2);
    CHECK(store->usage().commits == 5);
  }
}

/// One caller at a time. `open` gives an empty store.
inline void checkCompareAndSwap(const OpenStore& open) {
  using store::Commit;
  using store::commitNow;
  const auto store = open();
  const share::Share share = share::fullShare();

  SECTION("a share that nobody stored is not there") {
    CHECK(store->find(share.id) == nullptr);
  }
  SECTION("a created share comes back with every field, as version 1") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    const auto found = store->find(share.id);
    REQUIRE(found);
    share::checkSame(*found, share);
    CHECK(found->version == 1);
  }
  SECTION("a share without any content comes back too") {
    share::Share bare;
    bare.id = share.id;
    REQUIRE(commitNow(*store, writeOver(bare, 0)) == Commit::done);
    REQUIRE(store->find(bare.id));
    share::checkSame(*store->find(bare.id), bare);
  }
  SECTION("creating what is there is a conflict and changes nothing") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    share::Share other = shareUntil(at(5));
    other.id = share.id;
    CHECK(commitNow(*store, writeOver(other, 0)) == Commit::conflict);
    share::checkSame(*store->find(share.id), share);
    CHECK(store->find(share.id)->version == 1);
  }
  SECTION("a write over the stored version replaces every field and counts up") {
    REQUIRE(commitNow(*store, writeOver(shareUntil(at(5)), 0)) == Commit::done);
    for (std::uint64_t version = 0; version < 5; ++version) {
      share::Share next = share;
      next.body += std::to_string(version);
      REQUIRE(commitNow(*store, writeOver(next, version)) == Commit::done);
      share::checkSame(*store->find(share.id), next);
      CHECK(store->find(share.id)->version == version + 1);
    }
  }
  SECTION("a write over any other version is a conflict and changes nothing") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(share, 1)) == Commit::done);
    share::Share other = shareUntil(at(5));
    other.id = share.id;
    for (const std::uint64_t version : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}}) {
      INFO("over version " << version);
      CHECK(commitNow(*store, writeOver(other, version)) == Commit::conflict);
    }
    share::checkSame(*store->find(share.id), share);
    CHECK(store->find(share.id)->version == 2);
  }
  SECTION("a write over a share that is gone is a conflict and makes none") {
    CHECK(commitNow(*store, writeOver(share, 1)) == Commit::conflict);
    CHECK(store->find(share.id) == nullptr);
  }
  SECTION("a share is erased by its version only") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(share, 1)) == Commit::done);
    CHECK(commitNow(*store, eraseOf(share.id, 1)) == Commit::conflict);
    CHECK(commitNow(*store, eraseOf(share.id, 3)) == Commit::conflict);
    REQUIRE(store->find(share.id));
    CHECK(commitNow(*store, eraseOf(share.id, 2)) == Commit::done);
    CHECK(store->find(share.id) == nullptr);
    CHECK(commitNow(*store, eraseOf(share.id, 2)) == Commit::conflict);
  }
  SECTION("an identifier that was erased can be created again, from version 1") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*store, eraseOf(share.id, 1)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    CHECK(store->find(share.id)->version == 1);
  }
  SECTION("a record that was found stays as it was when the share changes") {
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    const auto before = store->find(share.id);
    share::Share next = share;
    next.body = "other bytes";
    REQUIRE(commitNow(*store, writeOver(next, 1)) == Commit::done);
    share::checkSame(*before, share);
    REQUIRE(commitNow(*store, eraseOf(share.id, 2)) == Commit::done);
    share::checkSame(*before, share);
  }
  SECTION("shares do not touch each other") {
    const share::Share other = shareUntil(at(5), "another body");
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(other, 0)) == Commit::done);
    REQUIRE(commitNow(*store, eraseOf(share.id, 1)) == Commit::done);
    share::checkSame(*store->find(other.id), other);
  }
}

/// Removal of what has expired. `open` gives an empty store.
inline void checkRemoval(const OpenStore& open) {
  using store::Commit;
  using store::commitNow;
  const auto store = open();

  SECTION("nothing expired, nothing removed") {
    CHECK(store->removeExpired(at(1000), 10).empty());
    REQUIRE(commitNow(*store, writeOver(shareUntil(at(1001)), 0)) == Commit::done);
    CHECK(store->removeExpired(at(1000), 10).empty());
  }
  SECTION("a share is removed from its moment of expiry on, and found until then") {
    const share::Share share = shareUntil(at(1001));
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    CHECK(store->removeExpired(at(1000), 10).empty());
    REQUIRE(store->find(share.id));
    CHECK(store::expiredIds(store->removeExpired(at(1001), 10)) == std::vector<Uuid>{share.id});
    CHECK(store->find(share.id) == nullptr);
    CHECK(store->removeExpired(at(1001), 10).empty());
  }
  SECTION("an expired claimed share leaves its tombstone, and that nothing") {
    share::Share share = shareUntil(at(1000), "secret");
    share.claims = share::Claims{{std::string(32, 's'), ""}, {}, "", {}, std::chrono::seconds(5)};
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    CHECK(store::expiredIds(store->removeExpired(at(1000), 10)) == std::vector<Uuid>{share.id});
    const share::SharePointer tombstone = store->find(share.id);
    REQUIRE(tombstone);
    CHECK(tombstone->stage == share::Stage::ended);
    CHECK(tombstone->end == share::End::expired);
    CHECK(tombstone->body.empty());
    CHECK(tombstone->version == 2);
    CHECK(store->removeExpired(at(5999), 10).empty());
    CHECK(store::expiredIds(store->removeExpired(at(6000), 10)) == std::vector<Uuid>{share.id});
    CHECK_FALSE(store->find(share.id));
  }
  SECTION("who wanted to be told of an expired share is handed out once, when the share is gone") {
    share::Share share = shareUntil(at(1000));
    share.registrations = share::fullShare().registrations;
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    const auto removed = store->removeExpired(at(1000), 10);
    REQUIRE(removed.size() == 1);
    REQUIRE(removed[0].registrations.size() == 2);
    CHECK(removed[0].registrations[0].token == "a token");
    CHECK(store->removeExpired(at(1000), 10).empty());
  }
  SECTION("each batch holds the oldest that are left") {
    std::vector<share::Share> shares;
    for (const int age : {7, 2, 9, 4, 1, 8, 3, 6, 5, 0}) {
      shares.push_back(shareUntil(at(1000 + age)));
      REQUIRE(commitNow(*store, writeOver(shares.back(), 0)) == Commit::done);
    }
    std::sort(shares.begin(), shares.end(),
              [](const share::Share& a, const share::Share& b) { return a.expires < b.expires; });
    const auto idsOf = [&](std::size_t first, std::size_t last) {
      std::set<Uuid> ids;
      for (std::size_t i = first; i < last; ++i) ids.insert(shares[i].id);
      return ids;
    };
    CHECK(asSet(store::expiredIds(store->removeExpired(at(1008), 4))) == idsOf(0, 4));
    CHECK(asSet(store::expiredIds(store->removeExpired(at(1008), 4))) == idsOf(4, 8));
    CHECK(asSet(store::expiredIds(store->removeExpired(at(1008), 4))) == idsOf(8, 9));
    CHECK(store->removeExpired(at(1008), 4).empty());
    CHECK(store->find(shares[9].id));
  }
  SECTION("shares that expire in the same millisecond are all removed") {
    std::set<Uuid> ids;
    for (int i = 0; i < 5; ++i) {
      const share::Share share = shareUntil(at(1000));
      ids.insert(share.id);
      REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    }
    std::set<Uuid> removed = asSet(store::expiredIds(store->removeExpired(at(1000), 3)));
    CHECK(removed.size() == 3);
    for (const Uuid& id : store::expiredIds(store->removeExpired(at(1000), 3))) removed.insert(id);
    CHECK(removed == ids);
  }
  SECTION("the expiry of the latest version counts") {
    const share::Share longer = shareUntil(at(1000));
    share::Share shorter = shareUntil(at(9000));
    REQUIRE(commitNow(*store, writeOver(longer, 0)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(shorter, 0)) == Commit::done);
    share::Share next = longer;
    next.expires = at(9000);
    REQUIRE(commitNow(*store, writeOver(next, 1)) == Commit::done);
    next = shorter;
    next.expires = at(1000);
    REQUIRE(commitNow(*store, writeOver(next, 1)) == Commit::done);
    CHECK(store::expiredIds(store->removeExpired(at(1000), 10)) == std::vector<Uuid>{shorter.id});
    CHECK(store->find(longer.id));
  }
  SECTION("an erased share is not removed again, and one that was removed is no longer there to write") {
    const share::Share erased = shareUntil(at(1000));
    const share::Share removed = shareUntil(at(1000));
    REQUIRE(commitNow(*store, writeOver(erased, 0)) == Commit::done);
    REQUIRE(commitNow(*store, writeOver(removed, 0)) == Commit::done);
    REQUIRE(commitNow(*store, eraseOf(erased.id, 1)) == Commit::done);
    CHECK(store::expiredIds(store->removeExpired(at(1000), 10)) == std::vector<Uuid>{removed.id});
    CHECK(commitNow(*store, writeOver(removed, 1)) == Commit::conflict);
    CHECK(commitNow(*store, writeOver(removed, 0)) == Commit::done);
  }
}

/// Many callers at a time. `open` gives an empty store.
inline void checkConcurrency(const OpenStore& open) {
  using store::Commit;
  using store::commitNow;
  constexpr int kThreads = 16;
  const auto store = open();

  SECTION("of those who create a share exactly one wins") {
    for (int round = 0; round < 20; ++round) {
      const share::Share share = shareUntil(at(1000));
      std::atomic<int> winner{-1};
      std::atomic<int> won{0};
      inThreads(kThreads, [&](int thread) {
        share::Share mine = share;
        mine.body = std::to_string(thread);
        if (commitNow(*store, writeOver(mine, 0)) != Commit::done) return;
        winner = thread;
        ++won;
      });
      REQUIRE(won == 1);
      REQUIRE(store->find(share.id)->body == std::to_string(winner));
    }
  }
  SECTION("of those who write over a version exactly one wins") {
    constexpr int kWinsEach = 10;
    const share::Share share = shareUntil(at(1000));
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    std::vector<std::set<std::uint64_t>> wonOver(kThreads);
    inThreads(kThreads, [&](int thread) {
      auto& mine = wonOver[static_cast<std::size_t>(thread)];
      while (mine.size() < kWinsEach) {
        const auto seen = store->find(share.id);
        if (commitNow(*store, share::Change::write(*seen)) == Commit::done) mine.insert(seen->version);
      }
    });
    std::set<std::uint64_t> all;
    for (const auto& mine : wonOver) all.insert(mine.begin(), mine.end());
    CHECK(all.size() == kThreads * kWinsEach);
    CHECK(store->find(share.id)->version == 1 + kThreads * kWinsEach);
  }
  SECTION("of those who erase a share, and one who writes over it, exactly one wins") {
    for (int round = 0; round < 20; ++round) {
      const share::Share share = shareUntil(at(1000));
      REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
      std::atomic<int> erased{0};
      std::atomic<int> written{0};
      inThreads(4, [&](int thread) {
        if (thread == 0) {
          if (commitNow(*store, writeOver(share, 1)) == Commit::done) ++written;
        } else {
          if (commitNow(*store, eraseOf(share.id, 1)) == Commit::done) ++erased;
        }
      });
      REQUIRE(erased + written == 1);
      REQUIRE((store->find(share.id) != nullptr) == (written == 1));
    }
  }
  SECTION("what is committed is seen by every later read, whole") {
    constexpr std::uint64_t kCommits = 200;
    const auto bodyOf = [](std::uint64_t version) {
      return std::string(static_cast<std::size_t>(version * 97 % 9000 + 1),
                         static_cast<char>('a' + version % 26));
    };
    const share::Share share = shareUntil(at(1000), bodyOf(1));
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    std::atomic<std::uint64_t> committed{1};
    std::atomic<bool> good{true};
    inThreads(5, [&](int thread) {
      if (thread == 0) {
        for (std::uint64_t version = 1; version < kCommits; ++version) {
          share::Share next = share;
          next.body = bodyOf(version + 1);
          if (commitNow(*store, writeOver(next, version)) != Commit::done) good = false;
          committed = version + 1;
        }
        return;
      }
      std::uint64_t last = 0;
      while (last < kCommits && good) {
        const std::uint64_t least = committed;
        const auto seen = store->find(share.id);
        if (!seen || seen->version < least || seen->version < last || seen->body != bodyOf(seen->version)) {
          good = false;
          return;
        }
        last = seen->version;
      }
    });
    CHECK(good);
  }
  SECTION("commits, reads and removals at once lose nothing that has not expired") {
    constexpr int kEach = 25;
    std::vector<std::vector<share::Share>> living(kThreads);
    std::atomic<int> writing{kThreads - 1};
    std::size_t removed = 0;
    std::atomic<bool> good{true};
    inThreads(kThreads, [&](int thread) {
      if (thread == 0) {
        for (;;) {
          const bool last = writing == 0;
          const std::size_t batch = store->removeExpired(at(1000), 7).size();
          removed += batch;
          if (last && batch == 0) return;
        }
      }
      for (int i = 0; i < kEach; ++i) {
        const share::Share lives = shareUntil(at(2000), "lives");
        living[static_cast<std::size_t>(thread)].push_back(lives);
        if (commitNow(*store, writeOver(shareUntil(at(1000), "dies"), 0)) != Commit::done) good = false;
        if (commitNow(*store, writeOver(lives, 0)) != Commit::done) good = false;
        if (!store->find(lives.id)) good = false;
      }
      --writing;
    });
    CHECK(good);
    CHECK(removed == static_cast<std::size_t>((kThreads - 1) * kEach));
    std::size_t found = 0;
    for (const auto& shares : living) {
      for (const share::Share& share : shares) found += store->find(share.id) ? 1 : 0;
    }
    CHECK(found == static_cast<std::size_t>((kThreads - 1) * kEach));
  }
}

/// Of a store that outlives its process: `open` gives the same shares at every call, none at the first.
inline void checkReopening(const OpenStore& open) {
  using store::Commit;
  using store::commitNow;
  const share::Share share = share::fullShare();

  SECTION("what was committed is there when the store is opened again, with its version") {
    REQUIRE(commitNow(*open(), writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*open(), writeOver(share, 1)) == Commit::done);
    const auto store = open();
    REQUIRE(store->find(share.id));
    share::checkSame(*store->find(share.id), share);
    CHECK(store->find(share.id)->version == 2);
    CHECK(commitNow(*store, writeOver(share, 1)) == Commit::conflict);
  }
  SECTION("what was erased is gone when the store is opened again") {
    auto store = open();
    REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    REQUIRE(commitNow(*store, eraseOf(share.id, 1)) == Commit::done);
    store.reset();
    CHECK(open()->find(share.id) == nullptr);
  }
  SECTION("what expired while the store was closed is removed when it is open") {
    REQUIRE(commitNow(*open(), writeOver(share, 0)) == Commit::done);
    const auto store = open();
    CHECK(store::expiredIds(store->removeExpired(share.expires, 10)) == std::vector<Uuid>{share.id});
  }
}

}  // namespace tigress::contract
