#include "server/storage_gauge.h"

#include "server/store/memory_store.h"
#include "tests/catch.h"
#include "tests/server/store/commit_now.h"

namespace tigress::relay {
namespace {

void addShare(store::MemoryStore& store) {
  share::Share share;
  share.id = Uuid::random(systemRandom);
  share.body = std::string(1000, 'x');
  REQUIRE(store::commitNow(store, share::Change::write(share)) == store::Commit::done);
}

}  // namespace

TEST_CASE("how full the store is, is looked up once a second") {
  store::MemoryStore store;
  StorageGauge gauge(store, "");
  const admission::Moment start{};
  CHECK(gauge.read(start).shares == 0);
  addShare(store);
  CHECK(gauge.read(start + std::chrono::milliseconds(999)).shares == 0);
  const admission::StorageUse use = gauge.read(start + std::chrono::seconds(1));
  CHECK(use.shares == 1);
  CHECK(use.bytes >= 1000);
  CHECK(use.freeDisk == UINT64_MAX);
}

TEST_CASE("a store on a disk has the room of that disk") {
  store::MemoryStore store;
  const std::uint64_t free = StorageGauge(store, "/").read({}).freeDisk;
  CHECK(free > 0);
  CHECK(free < UINT64_MAX);
  CHECK(StorageGauge(store, "/nonexistent/folder").read({}).freeDisk == UINT64_MAX);
}

}  // namespace tigress::relay
