#include "server/store/sqlite_store.h"

#include <atomic>
#include <cerrno>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "common/base64.h"
#include "server/share/share_codec.h"
#include "server/store/sqlite_connection.h"
#include "server/store/store_error.h"
#include "tests/contract/store_contract.h"
#include "tests/server/store/system_calls.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::store {
namespace {

constexpr std::size_t kPage = 2048;  // of a database

using contract::at;
using contract::eraseOf;
using contract::inThreads;
using contract::shareUntil;
using contract::writeOver;

Durability eachDurability() {
  return GENERATE(Durability::full, Durability::os);
}

// With most shares in the index by identifier, and with none there.
contract::OpenStore eachStore(const std::string& path) {
  const Durability durability = eachDurability();
  const std::size_t recentRows = GENERATE(std::size_t{2}, SqliteStore::kRecentRows);
  return [=] {
    return std::make_unique<SqliteStore>(path, durability, SqliteStore::kCacheBytes, SqliteStore::kLogBytes,
                                         recentRows);
  };
}

// Of a write-ahead log (https://www.sqlite.org/fileformat2.html#walformat).
std::uint32_t numberIn(const std::string& log, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(log.at(offset + i));
  return value;
}

// How often it began anew, or nearly: the number of the first one is the database's.
std::uint32_t roundOf(const std::string& log) {
  return numberIn(log, 12);
}

// Its frames that say how large the database is after a commit.
int transactionsIn(const std::string& log) {
  const auto number = [&](std::size_t offset) { return numberIn(log, offset); };
  if (log.size() < 32) return 0;
  const std::size_t pageSize = number(8);
  int transactions = 0;
  for (std::size_t frame = 32; frame + 24 + pageSize <= log.size(); frame += 24 + pageSize) {
    if (number(frame + 8) != number(16)) break;  // a left-over of an earlier round of the log
    if (number(frame + 4) != 0) ++transactions;
  }
  return transactions;
}

// What of `marks` can be found in any file of the folder.
std::vector<std::string> foundIn(const std::filesystem::path& folder, const std::vector<std::string>& marks) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string bytes = readAll(entry.path());
    for (const std::string& mark : marks) {
      if (bytes.find(mark) != std::string::npos) {
        found.push_back(mark + " in " + entry.path().filename().string());
      }
    }
  }
  return found;
}

std::string messageOf(const std::string& path) {
  try {
    SqliteStore store(path, Durability::full);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

std::string checkMessageOf(const std::string& path) {
  try {
    checkSqliteStore(path);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the SQLite store compares and swaps") {
  const TemporaryFolder folder;
  contract::checkCompareAndSwap(eachStore(folder / "db"));
}

TEST_CASE("the SQLite store removes what has expired") {
  const TemporaryFolder folder;
  contract::checkRemoval(eachStore(folder / "db"));
}

TEST_CASE("changes that are committed together are one flush") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  // Who is told of a commit holds up the thread that writes: all others come together meanwhile.
  std::promise<void> first;
  std::promise<void> allQueued;
  store.commit(writeOver(shareUntil(at(1000)), 0), [&](const CommitResult&) {
    first.set_value();
    allQueued.get_future().get();
  });
  first.get_future().get();
  std::atomic<int> missing{200};
  for (int i = 0; i < 200; ++i) {
    store.commit(writeOver(shareUntil(at(1000)), 0), [&](const CommitResult& result) {
      if (result && *result == Commit::done) --missing;
    });
  }
  allQueued.set_value();
  while (missing > 0) std::this_thread::yield();
  CHECK(store.usage().commits == 201);
  CHECK(store.usage().flushes == 2);
}

TEST_CASE("the SQLite store counts what it holds, after a restart, too") {
  const TemporaryFolder folder;
  contract::checkUsage([&] { return std::make_unique<SqliteStore>(folder / "db", Durability::os); });
  {
    SqliteStore store(folder / "again", Durability::os);
    REQUIRE(commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done);
  }
  CHECK(SqliteStore(folder / "again", Durability::os).usage().records == 1);
}

TEST_CASE("the SQLite store is safe in many threads") {
  const TemporaryFolder folder;
  contract::checkConcurrency(eachStore(folder / "db"));
}

TEST_CASE("the SQLite store keeps its shares when it is opened again") {
  const TemporaryFolder folder;
  contract::checkReopening(eachStore(folder / "db"));
}

TEST_CASE("a file is one store's at a time") {
  const TemporaryFolder folder;
  {
    const SqliteStore one(folder / "db", Durability::os);
    CHECK_THAT(messageOf(folder / "db"), Catch::Contains("in use") && Catch::Contains("store.url"));
  }
  CHECK(messageOf(folder / "db").empty());
}

TEST_CASE("a commit that is done is in the database for every other connection") {
  const Durability durability = eachDurability();
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", durability);
  SqliteConnection other(folder / "db", SqliteConnection::Mode::readOnly);
  for (int i = 1; i <= 20; ++i) {
    REQUIRE(commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done);
    REQUIRE(other.queryNumber("SELECT count(*) FROM share") == i);
  }
}

TEST_CASE("with durability full a commit is flushed before it is done, with os never") {
  const TemporaryFolder folder;
  for (const bool full : {true, false}) {
    INFO((full ? "full" : "os"));
    SqliteStore store(folder / (full ? "full" : "os"), full ? Durability::full : Durability::os);
    share::Share share = shareUntil(at(1000));
    REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);  // the log's own header is flushed once
    for (std::uint64_t version = 1; version < 10; ++version) {
      const int before = flushes;
      REQUIRE(commitNow(store, writeOver(share, version)) == Commit::done);
      CHECK((flushes > before) == full);
    }
  }
}

TEST_CASE("concurrent commits share one transaction and one flush") {
  constexpr int kCommits = 64;
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::full);
  SqliteConnection other(folder / "db", SqliteConnection::Mode::readWriteCreate);
  int fewestTransactions = kCommits;
  int fewestFlushes = kCommits;
  // While another connection holds the lock, all but the first commits have to queue. A thread that was
  // interrupted on its way to the queue makes a group of its own, so the best of some rounds counts.
  for (int round = 0; round < 5 && (fewestTransactions > 3 || fewestFlushes > 3); ++round) {
    const int transactionsBefore = transactionsIn(readAll(folder / "db-wal"));
    other.execute("BEGIN IMMEDIATE");
    const int flushesBefore = flushes;
    std::atomic<int> done{0};
    inThreads(kCommits + 1, [&](int thread) {
      if (thread == 0) {
        other.execute("ROLLBACK");
      } else if (commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done) {
        ++done;
      }
    });
    REQUIRE(done == kCommits);
    fewestTransactions =
        std::min(fewestTransactions, transactionsIn(readAll(folder / "db-wal")) - transactionsBefore);
    fewestFlushes = std::min(fewestFlushes, flushes - flushesBefore);
  }
  CHECK(fewestTransactions >= 1);
  CHECK(fewestTransactions <= kCommits / 8);
  CHECK(fewestFlushes >= 1);
  CHECK(fewestFlushes <= kCommits / 8);
}

TEST_CASE("the log is folded into the database while commits go on, and begins anew") {
  constexpr std::size_t kLog = std::size_t{32} << 10;
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", eachDurability(), 0, kLog);
  std::vector<share::Share> kept;
  for (int i = 0; i < 4; ++i) kept.push_back(shareUntil(at(1000)));
  const auto writeMuch = [&] {
    inThreads(4, [&](int thread) {
      share::Share& share = kept[static_cast<std::size_t>(thread)];
      for (int i = 0; i < 100; ++i, ++share.version) {
        if (commitNow(store, writeOver(share, share.version)) != Commit::done) return;
      }
    });
  };
  writeMuch();
  const auto begun = roundOf(readAll(folder / "db-wal"));
  writeMuch();
  CHECK(roundOf(readAll(folder / "db-wal")) > begun);
  CHECK(readAll(folder / "db-wal").size() < 16 * kLog);
  for (const share::Share& share : kept) {
    CHECK(share.version == 200);
    CHECK(store.find(share.id)->version == 200);
  }

  // Whoever reads for long keeps the log from beginning anew, and nobody from writing.
  SqliteConnection reader(folder / "db", SqliteConnection::Mode::readOnly);
  reader.execute("BEGIN; SELECT count(*) FROM share");
  writeMuch();
  const auto held = roundOf(readAll(folder / "db-wal"));
  const std::size_t size = readAll(folder / "db-wal").size();
  writeMuch();
  CHECK(roundOf(readAll(folder / "db-wal")) == held);
  CHECK(readAll(folder / "db-wal").size() > size);
  reader.execute("COMMIT");
  writeMuch();
  CHECK(roundOf(readAll(folder / "db-wal")) > held);
  for (const share::Share& share : kept) CHECK(store.find(share.id)->version == 500);
}

// A log that is cut off while another pass over it is about to begin: SQLite before 3.51.3 would damage the
// database (https://www.sqlite.org/wal.html#walresetbug).
TEST_CASE("cleanups and the thread that folds the log do not get in each other's way") {
  constexpr int kWriters = 3;
  const TemporaryFolder folder;
  std::vector<Uuid> written[kWriters];
  {
    SqliteStore store(folder / "db", Durability::os, 0, std::size_t{8} << 10);
    std::atomic<int> writing{kWriters};
    inThreads(kWriters + 1, [&](int thread) {
      if (thread == kWriters) {
        while (writing > 0) store.overwriteErased();
        return;
      }
      for (int i = 0; i < 1000; ++i) {
        const share::Share share = shareUntil(at(1000), std::string(100, 'x'));
        if (commitNow(store, writeOver(share, 0)) == Commit::done) written[thread].push_back(share.id);
      }
      --writing;
    });
  }
  const SqliteStore store(folder / "db", Durability::os, 0);
  for (const std::vector<Uuid>& ids : written) {
    CHECK(ids.size() == 1000);
    CHECK(std::all_of(ids.begin(), ids.end(), [&](const Uuid& id) { return store.find(id) != nullptr; }));
  }
  SqliteConnection database(folder / "db", SqliteConnection::Mode::readOnly);
  CHECK(database.queryText("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a conflict in a group does no harm to the other commits of it") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::full);
  const share::Share taken = shareUntil(at(1000), "first");
  REQUIRE(commitNow(store, writeOver(taken, 0)) == Commit::done);
  std::atomic<int> done{0};
  std::atomic<int> conflicts{0};
  inThreads(32, [&](int thread) {
    share::Share share = shareUntil(at(1000));
    if (thread % 2 == 0) share.id = taken.id;
    const Commit commit = commitNow(store, writeOver(share, 0));
    if (commit == Commit::done) ++done;
    if (commit == Commit::conflict) ++conflicts;
  });
  CHECK(done == 16);
  CHECK(conflicts == 16);
  CHECK(store.find(taken.id)->body == "first");
}

TEST_CASE("a full disk is said, changes nothing, and is over when there is room again") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  const share::Share share = shareUntil(at(1000), "before");
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  share::Share next = share;
  next.body = std::string(60000, 'x');
  const share::Share other = shareUntil(at(1000), next.body);
  writeError = ENOSPC;
  const Commit write = commitNow(store, writeOver(next, 1));
  const Commit create = commitNow(store, writeOver(other, 0));
  CHECK_THROWS_AS(store.removeExpired(at(1000), 10), StoreFull);
  writeError = 0;
  CHECK(write == Commit::full);
  CHECK(create == Commit::full);
  REQUIRE(store.find(share.id));
  CHECK(store.find(share.id)->body == "before");
  CHECK(store.find(other.id) == nullptr);
  CHECK(commitNow(store, writeOver(next, 1)) == Commit::done);
  CHECK(store.find(share.id)->body == next.body);
}

TEST_CASE("a disk that takes no more writes fails them, is still read, and is written again when it does") {
  const int error = GENERATE(EROFS, EIO);
  INFO("errno " << error);
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::full);
  const share::Share share = shareUntil(at(1000), "before");
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  share::Share next = share;
  next.body = "after";
  writeError = error;
  CHECK_THROWS_AS(commitNow(store, writeOver(next, 1)), StoreError);
  CHECK_THROWS_AS(store.removeExpired(at(2000), 10), StoreError);
  CHECK(store.find(share.id)->body == "before");
  writeError = 0;
  CHECK(store.find(share.id)->body == "before");
  CHECK(commitNow(store, writeOver(next, 1)) == Commit::done);
  CHECK(store.find(share.id)->body == "after");
}

TEST_CASE("whichever allocation fails, a change happens whole or not at all, and the store goes on") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  share::Share share = shareUntil(at(1000), "0");
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  std::uint64_t version = 1;
  int failures = 0;
  for (int allocation = 0; allocation < 300; ++allocation) {
    INFO("allocation " << allocation);
    const share::Change change = writeOver(
        [&] {
          share::Share next = share;
          next.body = std::string(5000, static_cast<char>('a' + allocation % 26));
          return next;
        }(),
        version);
    bool answered = true;
    allocationsLeft = allocation;
    try {
      answered = commitNow(store, change) == Commit::done && store.find(share.id) != nullptr;
    } catch (const std::exception&) {
      answered = false;
    }
    const bool failed = allocationsLeft < 0;
    allocationsLeft = -1;
    failures += failed;
    CHECK((answered || failed));
    const auto found = store.find(share.id);
    REQUIRE(found);
    const bool happened = found->version == version + 1;
    CHECK((happened || found->version == version));
    CHECK((happened || !answered));
    CHECK(found->body == (happened ? change.next->body : share.body));
    share.body = found->body;
    version = found->version;
    if (!failed) break;
  }
  CHECK(failures > 5);
  CHECK(failures < 300);
}

TEST_CASE("whichever allocation fails, an expired share stays, or who is registered is known") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  int failures = 0;
  for (int allocation = 0; allocation < 300; ++allocation) {
    INFO("allocation " << allocation);
    share::Share share = shareUntil(at(1000));
    share.registrations.resize(1);
    share.registrations[0].expires = at(1000);
    REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
    std::vector<Expired> removed;
    allocationsLeft = allocation;
    try {
      removed = store.removeExpired(at(1000), 10);
    } catch (const std::exception&) {
    }
    const bool failed = allocationsLeft < 0;
    allocationsLeft = -1;
    failures += failed;
    CHECK((failed || !removed.empty()));
    if (removed.empty()) {
      CHECK(store.find(share.id));
      removed = store.removeExpired(at(1000), 10);
    }
    REQUIRE(removed.size() == 1);
    CHECK(removed[0].registrations.size() == 1);
    CHECK_FALSE(store.find(share.id));
    if (!failed) break;
  }
  CHECK(failures > 5);
  CHECK(failures < 300);
}

TEST_CASE("after overwriteErased nothing of erased, expired and replaced shares is in any file") {
  // Several cells to a page, one, and pages that overflow: SQLite moves them about in different ways.
  const unsigned longestBody = GENERATE(300U, 900U, 1500U, 9000U);
  INFO("bodies up to " << longestBody << " bytes");
  std::mt19937 random(longestBody);
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  std::vector<std::string> gone;
  // Every text of a share is made of its mark, so that it can be found however it is cut up.
  const auto marked = [&](share::Share share, std::string& mark) {
    mark = base64UrlEncode(randomBytes(systemRandom, 12));
    for (std::size_t size = random() % longestBody; share.body.size() < size;) share.body += mark;
    share.etag = mark;
    share.display.title = mark;
    share.locks = {
        {mark, LockScope::exclusive, share::LockDepth::zero, share::Member::document, mark, at(0)}};
    return share;
  };
  struct Living {
    share::Share share;
    std::uint64_t version;
    std::string mark;
  };
  std::vector<Living> living;
  for (int step = 0; step < 1500; ++step) {
    if (step % 100 == 0) store.overwriteErased();
    const auto choice = random() % 10;
    if (choice < 5 || living.empty()) {
      Living made{{}, 1, {}};
      made.share = marked(shareUntil(at(1000 + static_cast<int>(random() % 1000)), ""), made.mark);
      REQUIRE(commitNow(store, writeOver(made.share, 0)) == Commit::done);
      living.push_back(std::move(made));
      continue;
    }
    const std::size_t at = random() % living.size();
    Living& one = living[at];
    gone.push_back(one.mark);
    if (choice < 8) {
      share::Share next = one.share;
      next.body.clear();
      one.share = marked(std::move(next), one.mark);
      REQUIRE(commitNow(store, writeOver(one.share, one.version)) == Commit::done);
      ++one.version;
    } else {
      REQUIRE(commitNow(store, eraseOf(one.share.id, one.version)) == Commit::done);
      living.erase(living.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  std::map<Uuid, std::string> marks;
  for (const Living& one : living) marks[one.share.id] = one.mark;
  REQUIRE_FALSE(foundIn(folder.path(), gone).empty());  // or this test would see nothing
  for (const Uuid& id : expiredIds(store.removeExpired(at(1500), 100000))) {
    gone.push_back(marks.at(id));
    marks.erase(id);
  }
  store.overwriteErased();
  CHECK(foundIn(folder.path(), gone) == std::vector<std::string>{});
  std::vector<std::string> left;
  for (const auto& [id, mark] : marks) left.push_back(mark);
  CHECK(foundIn(folder.path(), left).size() == left.size());
  while (!store.removeExpired(at(5000), 50).empty()) {
  }
  store.overwriteErased();
  CHECK(foundIn(folder.path(), left) == std::vector<std::string>{});
}

TEST_CASE("whoever holds an old snapshot keeps what was erased from being overwritten, which is said") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  const std::string mark = "a mark that nobody else makes";
  const share::Share share = shareUntil(at(1000), mark);
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  SqliteConnection reader(folder / "db", SqliteConnection::Mode::readOnly);
  reader.execute("BEGIN; SELECT count(*) FROM share");
  REQUIRE(store.removeExpired(at(1000), 10).size() == 1);
  CHECK_THROWS_WITH(store.overwriteErased(), Catch::Contains("another program reads"));
  CHECK_FALSE(foundIn(folder.path(), {mark}).empty());
  CHECK(commitNow(store, writeOver(shareUntil(at(2000)), 0)) == Commit::done);
  reader.execute("COMMIT");
  store.overwriteErased();
  CHECK(foundIn(folder.path(), {mark}).empty());
}

TEST_CASE("an expired row whose identifier is damaged is removed like any other") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(commitNow(store, writeOver(shareUntil(at(1000 + i)), 0)) == Commit::done);
  }
  SqliteConnection(folder / "db", SqliteConnection::Mode::readWriteCreate)
      .execute("UPDATE share SET id = x'FF' WHERE expires = 1000");
  CHECK(store.removeExpired(at(2000), 2).size() == 2);
  CHECK(store.removeExpired(at(2000), 2).size() == 1);
  CHECK(store.usage().records == 0);
}

TEST_CASE("a closed store is one file") {
  const TemporaryFolder folder;
  {
    SqliteStore store(folder / "db", Durability::full);
    REQUIRE(commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done);
  }
  CHECK(std::filesystem::exists(folder / "db"));
  CHECK_FALSE(std::filesystem::exists(folder / "db-wal"));
  CHECK_FALSE(std::filesystem::exists(folder / "db-shm"));
}

TEST_CASE("a folder that is not there is named, with what to do") {
  const TemporaryFolder folder;
  const std::string path = folder / "missing/shares.db";
  CHECK_THAT(messageOf(path), Catch::Contains(path) && Catch::Contains("folder"));
}

TEST_CASE("another program's database is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder / "other.db";
  SqliteConnection(path, SqliteConnection::Mode::readWriteCreate)
      .execute("CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('https://example.com');");
  const std::string before = readAll(path);
  CHECK_THAT(messageOf(path),
             Catch::Contains(path) && Catch::Contains("another program") && Catch::Contains("store.url"));
  CHECK(readAll(path) == before);
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST_CASE("a file that is no database is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder / "letter.txt";
  const std::string text = "Dear reader, " + std::string(5000, 'x');
  writeAll(path, text);
  CHECK_THAT(messageOf(path),
             Catch::Contains(path) && Catch::Contains("not a database") && Catch::Contains("store.url"));
  CHECK(readAll(path) == text);
}

TEST_CASE("a store of another schema is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder / "db";
  const auto [pragma, whose] =
      GENERATE(std::pair("PRAGMA user_version = 2", "older"), std::pair("PRAGMA user_version = 4", "newer"));
  { SqliteStore store(path, Durability::full); }
  SqliteConnection(path, SqliteConnection::Mode::readWriteCreate).execute(pragma);
  const std::string before = readAll(path);
  CHECK_THAT(messageOf(path),
             Catch::Contains(path) && Catch::Contains(whose + std::string(" tigress-relay")));
  CHECK(readAll(path) == before);
}

TEST_CASE("a damaged store is refused with what to do") {
  const TemporaryFolder folder;
  const std::string path = folder / "db";
  {
    SqliteStore store(path, Durability::full);
    for (int i = 0; i < 50; ++i) {
      REQUIRE(commitNow(store, writeOver(shareUntil(at(1000), std::string(3000, 'x')), 0)) == Commit::done);
    }
  }
  const std::string good = readAll(path);
  REQUIRE(good.size() > 20 * kPage);
  const auto checkRefusal = [&](const std::string& message) {
    CHECK_THAT(message,
               Catch::Contains(path) && Catch::Contains("damaged") && Catch::Contains("move it away"));
  };
  SECTION("overwritten where everything begins") {
    std::string bytes = good;
    bytes.replace(GENERATE(std::size_t{100}, kPage), 2048, std::string(2048, '\xA5'));
    writeAll(path, bytes);
    checkRefusal(messageOf(path));
    checkRefusal(checkMessageOf(path));
  }
  SECTION("cut short") {
    writeAll(path, good.substr(0, GENERATE(std::size_t{100}, kPage, 8 * kPage) + 1000));
    checkRefusal(messageOf(path));
    checkRefusal(checkMessageOf(path));
  }
  SECTION("overwritten somewhere, which is found by reading all of it") {
    CHECK(checkMessageOf(path).empty());
    // A tree's page, and one of content alone: its first bytes name the page that follows.
    std::string bytes = good;
    bytes.replace(GENERATE(8 * kPage, 9 * kPage), 2048, std::string(2048, '\xA5'));
    writeAll(path, bytes);
    checkRefusal(checkMessageOf(path));
  }
}

TEST_CASE("a store is opened without reading all of it") {
  constexpr std::size_t kFewRecent = 50;
  const TemporaryFolder folder;
  const auto open = [&] {
    return std::make_unique<SqliteStore>(folder / "db", Durability::os, SqliteStore::kCacheBytes,
                                         SqliteStore::kLogBytes, kFewRecent);
  };
  std::vector<Uuid> ids;
  {
    const auto store = open();
    for (int i = 0; i < 1000; ++i) {
      ids.push_back(shareUntil(at(1000)).id);
      share::Share share = shareUntil(at(1000));
      share.id = ids.back();
      REQUIRE(commitNow(*store, writeOver(share, 0)) == Commit::done);
    }
  }
  REQUIRE(std::filesystem::file_size(folder / "db") > 1000 * kPage);
  const std::uint64_t before = bytesRead;
  const auto store = open();
  CHECK(bytesRead - before < 100 * kPage);
  CHECK(std::all_of(ids.begin(), ids.end(), [&](const Uuid& id) { return store->find(id) != nullptr; }));
}

TEST_CASE("a row that its identifier does not lead to is found by reading all of the store") {
  const TemporaryFolder folder;
  const std::string path = folder / "db";
  {
    SqliteStore store(path, Durability::os, SqliteStore::kCacheBytes, SqliteStore::kLogBytes, 2);
    for (int i = 0; i < 20; ++i) {
      REQUIRE(commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done);
    }
  }
  REQUIRE(checkMessageOf(path).empty());
  SqliteConnection(path, SqliteConnection::Mode::readWriteCreate)
      .execute("DELETE FROM place WHERE row = (SELECT min(row) FROM place)");
  CHECK_THAT(checkMessageOf(path), Catch::Contains("damaged"));
}

TEST_CASE("a share that was read or written is at hand, unless there is no room for it") {
  const TemporaryFolder folder;
  const std::string path = folder / "db";
  const share::Share share = shareUntil(at(1000));
  const auto reads = [&](SqliteStore& store) {
    const std::uint64_t before = bytesRead;
    REQUIRE(store.find(share.id));
    return bytesRead > before;
  };
  {
    SqliteStore store(path, Durability::os);
    REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
    CHECK_FALSE(reads(store));
  }
  {
    SqliteStore store(path, Durability::os);
    CHECK(reads(store));
    CHECK_FALSE(reads(store));
  }
}

TEST_CASE("a commit that failed leaves what is stored to be read") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::os);
  const share::Share share = shareUntil(at(1000), "the first");
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  share::Share next = share;
  next.body = "the second";
  CHECK(commitNow(store, writeOver(next, 7)) == Commit::conflict);
  CHECK(store.find(share.id)->body == "the first");
}

TEST_CASE("an empty file becomes a store") {
  const TemporaryFolder folder;
  writeAll(folder / "db", "");
  SqliteStore store(folder / "db", Durability::full);
  CHECK(commitNow(store, writeOver(shareUntil(at(1000)), 0)) == Commit::done);
}

TEST_CASE("whichever byte of a record the disk turns over, what is read is an error or what was written") {
  const TemporaryFolder folder;
  const share::Share share = shareUntil(at(1000), "a body");
  {
    SqliteStore store(folder / "db", Durability::os);
    REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  }
  const std::string content = share::encodeShare(share);
  const std::string good = [&] {
    SqliteConnection database(folder / "db", SqliteConnection::Mode::readOnly);
    return database.queryText("SELECT record FROM share");
  }();
  int errors = 0;
  for (std::size_t byte = 0; byte < good.size(); byte += byte < 488 + content.size() ? 7 : 1000) {
    INFO("byte " << byte);
    std::string bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ (1 << byte % 8));
    {
      SqliteConnection database(folder / "db", SqliteConnection::Mode::readWriteCreate);
      SqliteStatement overwrite(database, "UPDATE share SET record = ?1");
      overwrite.bindBlob(1, bad);
      overwrite.step();
    }
    SqliteStore store(folder / "db", Durability::os);
    try {
      const auto found = store.find(share.id);
      REQUIRE(found);
      CHECK(share::encodeShare(*found) == content);
    } catch (const StoreError&) {
      ++errors;
    }
  }
  CHECK(errors > static_cast<int>(content.size()) / 14);
}

TEST_CASE("a record that cannot be read is an error, not an empty share") {
  const TemporaryFolder folder;
  SqliteStore store(folder / "db", Durability::full, 0);  // nothing is at hand, so all is read
  const share::Share share = shareUntil(at(1000));
  REQUIRE(commitNow(store, writeOver(share, 0)) == Commit::done);
  SqliteConnection(folder / "db", SqliteConnection::Mode::readWriteCreate)
      .execute("UPDATE share SET record = x'FF'");
  CHECK_THROWS_AS(store.find(share.id), StoreError);
}

}  // namespace tigress::store
