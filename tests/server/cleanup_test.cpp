#include "server/cleanup.h"

#include <future>

#include "server/metrics/registry.h"
#include "server/relay.h"
#include "server/store/memory_store.h"
#include "server/store/store_error.h"
#include "tests/catch.h"
#include "tests/contract/store_contract.h"

namespace tigress::relay {
namespace {

using contract::at;
using contract::shareUntil;
using contract::writeOver;

// A store that tells of the end of the first whole cleanup, and how many batches it took till then.
class WatchedStore : public store::ShareStore {
 public:
  share::SharePointer find(const Uuid& id) const override { return inner.find(id); }
  void commit(const share::Change& change, store::CommitDone done) override {
    inner.commit(change, std::move(done));
  }
  std::vector<store::Expired> removeExpired(TimePoint now, std::size_t limit) override {
    if (++batches == failing) throw store::StoreError("the disk is on fire");
    auto removed = endless ? std::vector<store::Expired>(limit) : inner.removeExpired(now, limit);
    if (batches == 1) firstBatch.set_value();
    return removed;
  }
  void overwriteErased() override {
    inner.overwriteErased();
    if (!std::exchange(hasEnded, true)) ended.set_value(batches);
  }
  store::Usage usage() const override { return inner.usage(); }

  store::MemoryStore inner;
  int batches = 0;
  int failing = 0;       // the batch that fails
  bool endless = false;  // there is always more that has expired
  bool hasEnded = false;
  std::promise<void> firstBatch;
  std::promise<int> ended;
};

struct Bench {
  explicit Bench(int shares) {
    RelayParts parts;
    auto watched = std::make_unique<WatchedStore>();
    store = watched.get();
    for (int i = 0; i < shares; ++i) {
      REQUIRE(commitNow(store->inner, writeOver(shareUntil(at(1000)), 0)) == store::Commit::done);
    }
    REQUIRE(commitNow(store->inner, writeOver(shareUntil(at(5000)), 0)) == store::Commit::done);
    parts.store = std::move(watched);
    parts.clock = [] { return at(2000); };
    relay = std::make_unique<Relay>(std::move(parts));
  }

  WatchedStore* store;
  std::unique_ptr<Relay> relay;
  metrics::Registry registry;
  std::promise<std::string> complaint;
  Log log{LogLevel::error, LogFormat::text,
          [this](std::string_view line) { complaint.set_value(std::string(line)); }};
};

}  // namespace

TEST_CASE("a cleanup removes all that has expired, a few at a time, and overwrites it at the end") {
  Bench bench(25);
  const Cleanup cleanup(*bench.relay, {std::chrono::hours(1), 10}, bench.registry, bench.log);
  CHECK(bench.store->ended.get_future().get() == 3);
  CHECK(bench.store->inner.usage().records == 1);
}

TEST_CASE("a cleanup with nothing to do overwrites what was erased by requests") {
  Bench bench(0);
  const Cleanup cleanup(*bench.relay, {std::chrono::hours(1), 10}, bench.registry, bench.log);
  CHECK(bench.store->ended.get_future().get() == 1);
}

TEST_CASE("a relay that stops does not wait for the end of a long cleanup") {
  Bench bench(0);
  bench.store->endless = true;
  {
    const Cleanup cleanup(*bench.relay, {std::chrono::hours(1), 10}, bench.registry, bench.log);
    bench.store->firstBatch.get_future().get();
  }
  SUCCEED("it ended");
}

TEST_CASE("a cleanup that fails is said and counted, and the next one does its work") {
  Bench bench(25);
  bench.store->failing = 2;
  const Cleanup cleanup(*bench.relay, {std::chrono::seconds(0), 10}, bench.registry, bench.log);
  CHECK_THAT(bench.complaint.get_future().get(), Catch::Contains("cleanup: the disk is on fire"));
  CHECK(bench.store->ended.get_future().get() == 4);
  CHECK(bench.store->inner.usage().records == 1);
  CHECK(bench.registry.read().counters[static_cast<std::size_t>(metrics::Counter::storeFailures)] == 1);
}

}  // namespace tigress::relay
