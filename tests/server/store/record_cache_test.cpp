#include "server/store/record_cache.h"

#include <atomic>
#include <thread>

#include "tests/catch.h"
#include "tests/contract/store_contract.h"

namespace tigress::store {
namespace {

using contract::at;
using contract::shareUntil;

constexpr std::size_t kRoom = std::size_t{1} << 20;

share::SharePointer record(const Uuid& id, std::uint64_t version, std::size_t size = 10) {
  share::Share share = shareUntil(at(1000), std::string(size, 'x'));
  share.id = id;
  share.version = version;
  return std::make_shared<const share::Share>(std::move(share));
}

void read(RecordCache& cache, const share::SharePointer& stored) {
  cache.keep(cache.beginReading(stored->id), stored);
}

Uuid randomId() {
  return Uuid::random(systemRandom);
}

}  // namespace

TEST_CASE("a record that was read is at hand, one that was not is not") {
  RecordCache cache(kRoom);
  const auto stored = record(randomId(), 1);
  CHECK_FALSE(cache.find(stored->id));
  read(cache, stored);
  CHECK(cache.find(stored->id) == stored);
  CHECK_FALSE(cache.find(randomId()));
}

TEST_CASE("a change puts the new record in place of the old one, or nothing") {
  RecordCache cache(kRoom);
  const auto first = record(randomId(), 1);
  read(cache, first);
  cache.beginChange(first->id);
  CHECK(cache.find(first->id) == first);  // until it is done
  const auto second = record(first->id, 2);
  cache.endChange(first->id, second);
  CHECK(cache.find(first->id) == second);
  cache.beginChange(first->id);
  cache.endChange(first->id, nullptr);
  CHECK_FALSE(cache.find(first->id));
}

TEST_CASE("what was read before or while a record changed is not kept") {
  RecordCache cache(kRoom);
  const auto first = record(randomId(), 1);
  const auto second = record(first->id, 2);
  const RecordCache::Reading before = cache.beginReading(first->id);
  cache.beginChange(first->id);
  const RecordCache::Reading during = cache.beginReading(first->id);
  SECTION("while it changes") {
    cache.keep(before, first);
    cache.keep(during, first);
    CHECK_FALSE(cache.find(first->id));
    cache.endChange(first->id, nullptr);
  }
  SECTION("after it was erased") {
    cache.endChange(first->id, nullptr);
    cache.keep(before, first);
    CHECK_FALSE(cache.find(first->id));
  }
  SECTION("after it was written") {
    cache.endChange(first->id, second);
    cache.keep(before, first);
    CHECK(cache.find(first->id) == second);
  }
  read(cache, second);  // and the next reader is not in anybody's way
  CHECK(cache.find(first->id));
}

TEST_CASE("of two changes in one go nobody sees the first") {
  RecordCache cache(kRoom);
  const auto first = record(randomId(), 1);
  const auto third = record(first->id, 3);
  read(cache, first);
  cache.beginChange(first->id);
  cache.beginChange(first->id);
  cache.endChange(first->id, record(first->id, 2));
  CHECK(cache.find(first->id) == first);  // as long as the change goes on
  cache.endChange(first->id, third);
  CHECK(cache.find(first->id) == third);
}

TEST_CASE("the records used last stay, and all of them fit into the room there is") {
  constexpr std::size_t kSize = 1000;
  RecordCache cache(kRoom);
  std::vector<share::SharePointer> stored;
  const auto favourite = record(randomId(), 1, kSize);
  read(cache, favourite);
  for (std::size_t i = 0; i < 5 * kRoom / kSize; ++i) {
    stored.push_back(record(randomId(), 1, kSize));
    read(cache, stored.back());
    REQUIRE(cache.find(favourite->id));
  }
  std::size_t kept = 0;
  for (const auto& one : stored) kept += cache.find(one->id) ? 1 : 0;
  CHECK(kept * kSize < kRoom);
  CHECK(kept * kSize > kRoom / 3);
  CHECK(cache.find(stored.back()->id));
}

TEST_CASE("a record larger than the room is not kept, and takes nothing else with it for long") {
  RecordCache cache(kRoom);
  const auto large = record(randomId(), 1, kRoom);
  read(cache, large);
  CHECK_FALSE(cache.find(large->id));
  RecordCache none(0);
  read(none, record(large->id, 1));
  CHECK_FALSE(none.find(large->id));
}

TEST_CASE("readers never see a record that has been replaced") {
  RecordCache cache(kRoom);
  const Uuid id = randomId();
  // What the database would say, and what somebody may rely on because it was said to be done.
  std::mutex mutex;
  share::SharePointer database = record(id, 1);
  std::atomic<std::uint64_t> done{1};
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::uint64_t least = done;
        share::SharePointer found = cache.find(id);
        if (!found) {
          const RecordCache::Reading reading = cache.beginReading(id);
          {
            const std::lock_guard<std::mutex> guard(mutex);
            found = database;
          }
          cache.keep(reading, found);
        }
        if (found->version < least) ++stale;
      }
    });
  }
  for (std::uint64_t version = 2; version < 20000; ++version) {
    const auto next = record(id, version);
    cache.beginChange(id);
    {
      const std::lock_guard<std::mutex> guard(mutex);
      database = next;
    }
    cache.endChange(id, version % 3 == 0 ? nullptr : next);
    done = version;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(stale == 0);
}

}  // namespace tigress::store
