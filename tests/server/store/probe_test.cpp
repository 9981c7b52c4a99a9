#include "server/store/probe.h"

#include <stdexcept>

#include "server/store/memory_store.h"
#include "server/store/sqlite_store.h"
#include "server/store/store_error.h"
#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::store {
namespace {

// Refuses, in one of the ways a store can.
class RefusingStore : public MemoryStore {
 public:
  explicit RefusingStore(CommitResult result) : result_(std::move(result)) {}
  void commit(const share::Change&, CommitDone done) override { done(result_); }

 private:
  CommitResult result_;
};

}  // namespace

TEST_CASE("a probe changes the store twice and leaves nothing in it") {
  const TemporaryFolder folder;
  SqliteStore sqlite(folder / "db", Durability::full);
  MemoryStore memory;
  for (ShareStore* store : {static_cast<ShareStore*>(&sqlite), static_cast<ShareStore*>(&memory)}) {
    CHECK(takesChanges(*store, systemRandom, systemNow()));
    CHECK(takesChanges(*store, systemRandom, systemNow()));
    CHECK(store->usage().commits == 4);
    CHECK(store->usage().records == 0);
  }
}

TEST_CASE("a store that is full takes no changes, one that is broken says so") {
  RefusingStore full{Commit::full};
  CHECK_FALSE(takesChanges(full, systemRandom, systemNow()));
  RefusingStore broken{std::make_exception_ptr(StoreError("broken"))};
  CHECK_THROWS_AS(takesChanges(broken, systemRandom, systemNow()), StoreError);
}

}  // namespace tigress::store
