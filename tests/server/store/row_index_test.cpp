#include "server/store/row_index.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "server/store/sqlite_store.h"
#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::store {
namespace {

constexpr std::size_t kKept = 8;

// A database as SqliteStore makes it, and what its writer does with the index.
class Bench {
 public:
  Bench() {
    { const SqliteStore store(folder_ / "db", Durability::os); }
    reopen();
  }

  // The relay ends, however it ends, and another one begins.
  void reopen() {
    index_.reset();
    connection_.reset();
    connection_ = std::make_unique<SqliteConnection>(folder_ / "db", SqliteConnection::Mode::readWriteCreate);
    connection_->execute("PRAGMA synchronous=OFF");
    index_ = std::make_unique<RowIndex>(*connection_, kKept);
  }

  void begin() { connection_->execute("BEGIN IMMEDIATE"); }

  void add(const Uuid& id) {
    const Row row = index_->add(id);
    SqliteStatement insert(*connection_, "INSERT INTO share VALUES (?1, ?2, 1, 1000, x'')");
    insert.bindNumber(1, row);
    insert.bindBlob(2, id.bytes());
    insert.step();
  }

  void remove(const Uuid& id) {
    const Row row = index_->find(id).value();
    SqliteStatement erase(*connection_, "DELETE FROM share WHERE row = ?1");
    erase.bindNumber(1, row);
    erase.step();
    index_->remove(id, row);
  }

  void end(bool commits) {
    index_->settle();
    connection_->execute(commits ? "COMMIT" : "ROLLBACK");
    commits ? index_->committed() : index_->rolledBack();
  }

  void addAll(const std::vector<Uuid>& ids) {
    begin();
    for (const Uuid& id : ids) add(id);
    end(true);
  }

  std::int64_t number(const char* sql) { return connection_->queryNumber(sql); }

  // Of shares whose rows lie where nobody looks for them.
  std::int64_t lost() {
    return number(
        "SELECT count(*) FROM share WHERE row <= (SELECT row FROM settled) AND row NOT IN (SELECT row FROM "
        "place)");
  }

  // The shares that a reader on another connection finds.
  bool isFound(const Uuid& id) {
    const auto recent = index_->findRecent(id);
    SqliteStatement row(*connection_,
                        recent ? "SELECT row FROM share WHERE row = ?2 AND id = ?1"
                               : "SELECT share.row FROM place JOIN share USING (row) WHERE place.id = ?1");
    row.bindBlob(1, id.bytes());
    if (recent) row.bindNumber(2, *recent);
    return row.step();
  }

  RowIndex* operator->() { return index_.get(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteConnection> connection_;
  std::unique_ptr<RowIndex> index_;
};

std::vector<Uuid> someIds(std::size_t count) {
  std::vector<Uuid> ids(count);
  for (Uuid& id : ids) id = Uuid::random(systemRandom);
  return ids;
}

}  // namespace

TEST_CASE("as long as there are few shares, their identifiers are in no tree") {
  Bench bench;
  const std::vector<Uuid> ids = someIds(kKept);
  bench.addAll(ids);
  bench.addAll({});
  CHECK(bench.number("SELECT count(*) FROM place") == 0);
  for (const Uuid& id : ids) CHECK(bench->findRecent(id));
}

TEST_CASE("a share that ends soon is never settled") {
  Bench bench;
  for (int i = 0; i < 50; ++i) {
    const std::vector<Uuid> ids = someIds(kKept);
    bench.addAll(ids);
    bench.begin();
    for (const Uuid& id : ids) bench.remove(id);
    bench.end(true);
  }
  CHECK(bench.number("SELECT count(*) FROM place") == 0);
  CHECK(bench.number("SELECT count(*) FROM share") == 0);
}

TEST_CASE("those that are too many are settled in the order of their identifiers, and found all the same") {
  Bench bench;
  std::vector<Uuid> ids = someIds(3 * kKept);
  bench.addAll(ids);
  bench.addAll({});
  std::sort(ids.begin(), ids.end());
  CHECK(bench.number("SELECT count(*) FROM place") == 2 * kKept);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CHECK(bench->findRecent(ids[i]).has_value() == (i >= 2 * kKept));
    CHECK(bench.isFound(ids[i]));
  }
}

TEST_CASE("however many come at once, hardly more are kept than was said") {
  constexpr std::size_t kMany = 1000;
  Bench bench;
  std::vector<Uuid> all;
  for (int i = 0; i < 5; ++i) {
    const std::vector<Uuid> ids = someIds(kMany);
    bench.addAll(ids);
    all.insert(all.end(), ids.begin(), ids.end());
  }
  const auto isRecent = [&](const Uuid& id) { return bench->findRecent(id).has_value(); };
  const auto recent = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), isRecent));
  CHECK(recent <= kKept + 2 * kMany);  // a round's end is a transaction's, too
}

TEST_CASE("what a transaction did that was rolled back is forgotten") {
  Bench bench;
  const std::vector<Uuid> ids = someIds(2 * kKept);
  bench.addAll(ids);
  const std::vector<Uuid> others = someIds(2);
  bench.begin();
  bench.remove(ids[0]);
  bench.add(others[0]);
  bench.add(others[1]);
  bench.remove(others[1]);
  CHECK_FALSE(bench->find(ids[0]));
  CHECK(bench->find(others[0]));
  CHECK_FALSE(bench->find(others[1]));
  bench.end(false);
  for (const Uuid& id : ids) CHECK(bench.isFound(id));
  for (const Uuid& id : others) CHECK_FALSE(bench->find(id));
}

TEST_CASE("nobody else sees where a share is before it is committed") {
  Bench bench;
  const Uuid id = Uuid::random(systemRandom);
  bench.begin();
  bench.add(id);
  CHECK_FALSE(bench->findRecent(id));
  bench.end(true);
  CHECK(bench->findRecent(id));
  bench.begin();
  bench.remove(id);
  CHECK(bench->findRecent(id));
  bench.end(true);
  CHECK_FALSE(bench->findRecent(id));
}

TEST_CASE("every share is found and no other, whatever was added, removed, rolled back and opened again") {
  const auto seed = GENERATE(range(1U, 21U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Bench bench;
  const std::vector<Uuid> all = someIds(60);
  std::set<Uuid> living;
  for (int step = 0; step < 300; ++step) {
    std::set<Uuid> next = living;
    bench.begin();
    for (auto changes = random() % 12; changes > 0; --changes) {
      const Uuid& id = all[random() % all.size()];
      REQUIRE(bench->find(id).has_value() == (next.count(id) != 0));
      if (next.erase(id) != 0) {
        bench.remove(id);
      } else {
        bench.add(id);
        next.insert(id);
      }
    }
    const bool commits = random() % 8 != 0;
    bench.end(commits);
    if (commits) living = next;
    if (random() % 20 == 0) bench.reopen();
    REQUIRE(bench.lost() == 0);
    for (const Uuid& id : all) REQUIRE(bench.isFound(id) == (living.count(id) != 0));
  }
  CHECK(bench.number("SELECT row FROM settled") > 0);
  CHECK(bench.number("SELECT count(*) FROM place WHERE row NOT IN (SELECT row FROM share)") == 0);
}

}  // namespace tigress::store
