#include "server/store/sqlite_store.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <variant>

#include "server/share/share_codec.h"
#include "server/store/checkpointer.h"
#include "server/store/row_index.h"
#include "server/store/sqlite_connection.h"
#include "server/store/store_error.h"

namespace tigress::store {
namespace {

// Rows that nobody finds by the identifier (see RowIndex).
constexpr const char* kLost =
    "SELECT count(*) FROM share WHERE row <= (SELECT row FROM settled) AND NOT EXISTS "
    "(SELECT 1 FROM place WHERE place.id = share.id AND place.row = share.row)";

// "TIGR": tells our files from other programs' databases.
constexpr std::int64_t kApplicationId = 0x54494752;
constexpr std::int64_t kSchemaVersion = 3;

constexpr const char* kSchema = R"(
  CREATE TABLE share (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    record BLOB NOT NULL
  );
  CREATE INDEX share_expires ON share (expires);
  CREATE TABLE place (id BLOB PRIMARY KEY NOT NULL, row INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE settled (row INTEGER NOT NULL);
  INSERT INTO settled VALUES (0);
)";

// A share of usual size and its row take a page each, so a change writes little more than it must.
constexpr std::size_t kPageSize = 2048;

// secure_delete overwrites what is freed, but not the copies SQLite leaves in the gaps of a page when it
// moves small rows between pages. Overflow pages it never moves. So content begins behind what stays in the
// tree of a row that overflows, and a record's size is one of those that leave there no more than the least
// (https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages); docs/store.md has the sums.
constexpr std::size_t kOverflowPage = kPageSize - 4;
constexpr std::size_t kLeastInTree = (kPageSize - 12) * 32 / 255 - 23;
constexpr std::size_t kLead = kLeastInTree - 1;  // size and checksum of the content, then zeros
constexpr std::size_t kBeyondPages = kLeastInTree - 64;

// Not against people, but bytes that a disk has lost or turned over are no share any more.
std::uint64_t checksum(std::string_view content) {
  return XXH3_64bits(content.data(), content.size());
}

void writeNumber(std::string& bytes, std::size_t offset, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes[offset++] = static_cast<char>((number >> shift) & 255U);
}

std::uint64_t numberAt(std::string_view bytes, std::size_t offset) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(offset, 8)) number = (number << 8) | static_cast<unsigned char>(byte);
  return number;
}

std::string spread(std::string_view content) {
  const std::size_t pages = (kLead + content.size() - kBeyondPages + kOverflowPage - 1) / kOverflowPage;
  std::string record(pages * kOverflowPage + kBeyondPages, '\0');
  writeNumber(record, 0, content.size());
  writeNumber(record, 8, checksum(content));
  content.copy(record.data() + kLead, content.size());
  return record;
}

// Nothing of a record that is not what was written.
std::string_view gather(std::string_view record) {
  if (record.size() < kLead) return {};
  const std::uint64_t size = numberAt(record, 0);
  if (record.size() - kLead < size) return {};
  const std::string_view content = record.substr(kLead, static_cast<std::size_t>(size));
  return checksum(content) == numberAt(record, 8) ? content : std::string_view();
}

std::int64_t milliseconds(TimePoint time) {
  return time.time_since_epoch().count();
}

// Where a transaction ends whatever happens in it.
class Transaction {
 public:
  explicit Transaction(SqliteConnection& connection) : connection_(connection) {
    rollBack();  // what the one before could not for want of memory
    connection_.execute("BEGIN IMMEDIATE");
  }
  ~Transaction() {
    if (committed_) return;
    try {
      rollBack();
    } catch (const std::exception&) {
      // The next one does it.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit() {
    connection_.execute("COMMIT");
    committed_ = true;
  }

 private:
  // SQLite rolls back by itself on some errors (a full disk, say).
  void rollBack() {
    if (connection_.isInTransaction()) connection_.execute("ROLLBACK");
  }

  SqliteConnection& connection_;
  bool committed_ = false;
};

void checkIdentity(SqliteConnection& connection, const std::string& path) {
  if (connection.queryNumber("PRAGMA application_id") != kApplicationId) {
    throw StoreError("\"" + path + "\" is a database of another program; name another file in store.url");
  }
  const std::int64_t version = connection.queryNumber("PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw StoreError(
        "the store \"" + path +
        "\" was written by a newer tigress-relay; start that version, or name another file in store.url");
  }
  if (version < kSchemaVersion) {
    throw StoreError("the store \"" + path +
                     "\" was written by an older tigress-relay: let that version serve its shares to their "
                     "end, a day or two, or move the file away, or name another file in store.url");
  }
}

// Down each tree once. A whole check (PRAGMA quick_check) would take minutes for millions of shares.
void checkRoots(SqliteConnection& connection) {
  connection.queryNumber("SELECT version FROM share WHERE row = 0");
  connection.queryNumber("SELECT row FROM place WHERE id = x''");
  connection.queryNumber("SELECT row FROM settled");
  connection.queryNumber("SELECT version FROM share ORDER BY expires LIMIT 1");
}

[[noreturn]] void refuseDamaged(const std::string& path) {
  throw StoreDamaged("the store \"" + path +
                     "\" is damaged or not a database: move it away (shares in it are lost, they live a "
                     "day or two) or name another file in store.url, and start again");
}

void prepareDatabase(SqliteConnection& connection, const std::string& path, Durability durability) {
  try {
    const bool fresh = connection.queryNumber("SELECT count(*) FROM sqlite_schema") == 0 &&
                       connection.queryNumber("PRAGMA application_id") == 0;
    if (!fresh) {  // before anything is changed in it
      checkIdentity(connection, path);
      checkRoots(connection);
    }
    // secure_delete and the page size before the first write; the rest in the order SQLite wants it.
    connection.execute("PRAGMA secure_delete=ON");
    connection.execute(("PRAGMA page_size=" + std::to_string(kPageSize)).c_str());
    connection.execute("PRAGMA journal_mode=WAL");
    connection.execute(durability == Durability::full ? "PRAGMA synchronous=FULL"
                                                      : "PRAGMA synchronous=NORMAL");
    if (!fresh) return;
    Transaction transaction(connection);
    connection.execute(kSchema);
    connection.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    connection.execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
  } catch (const StoreDamaged&) {
    refuseDamaged(path);
  }
}

}  // namespace

/// Connections for reading, handed out one a call and kept for the next.
class SqliteStore::Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  // `row`, if it is known that the share is nowhere else.
  share::SharePointer find(const Uuid& id, std::optional<Row> row) {
    auto reader = take();
    SqliteStatement& select = row ? reader->selectRow : reader->select;
    select.bindBlob(1, id.bytes());
    if (row) select.bindNumber(2, *row);
    share::SharePointer result;
    if (select.step()) {
      auto share = share::decodeShare(gather(select.blob(1)));
      if (!share)
        throw StoreError("a record of the store cannot be read; it was torn or written by a newer version");
      share->id = id;
      share->version = static_cast<std::uint64_t>(select.number(0));
      result = std::make_shared<const share::Share>(std::move(*share));
    }
    select.reset();  // ends the snapshot
    give(std::move(reader));
    return result;
  }

  // Of the pages that hold something, overhead and all.
  std::uint64_t bytes() {
    auto reader = take();
    // Two snapshots, in an order in which the difference is never negative: the file never shrinks.
    const std::int64_t free = reader->connection.queryNumber("PRAGMA freelist_count");
    const std::int64_t pages = reader->connection.queryNumber("PRAGMA page_count") - free;
    give(std::move(reader));
    return static_cast<std::uint64_t>(pages) * kPageSize;
  }

 private:
  struct Reader {
    explicit Reader(const std::string& path)
        : connection(path, SqliteConnection::Mode::readOnly),
          select(
              connection,
              "SELECT version, record FROM place JOIN share ON share.row = place.row AND share.id = place.id "
              "WHERE place.id = ?1"),
          selectRow(connection, "SELECT version, record FROM share WHERE row = ?2 AND id = ?1") {}
    SqliteConnection connection;
    SqliteStatement select;
    SqliteStatement selectRow;
  };

  std::unique_ptr<Reader> take() {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return std::make_unique<Reader>(path_);
  }

  void give(std::unique_ptr<Reader> reader) {
    const std::lock_guard<std::mutex> guard(mutex_);
    idle_.push_back(std::move(reader));
  }

  std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

/// The one thread that writes. Everything queued while a group is being flushed becomes the next group.
class SqliteStore::Writer {
 public:
  Writer(const std::string& path, Durability durability, RecordCache& cache, std::size_t logBytes,
         std::size_t recentRows)
      : connection_(path, SqliteConnection::Mode::readWriteCreate), cache_(cache) {
    prepareDatabase(connection_, path, durability);
    checkpointer_ = std::make_unique<Checkpointer>(path, connection_, static_cast<int>(logBytes / kPageSize));
    rows_ = std::make_unique<RowIndex>(connection_, recentRows);
    statements_ = std::make_unique<Statements>(connection_);
    thread_ = std::thread([this] { run(); });
  }

  ~Writer() {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    checkpointer_->foldAll();  // or the log stays beside the database, and is read at the next start
  }

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void commit(const share::Change& change, CommitDone done) {
    submit({Write(change), [done = std::move(done)](Outcome outcome) {
              done(outcome ? CommitResult(outcome->commit) : resultOf(outcome.error()));
            }});
  }

  std::vector<Expired> removeExpired(TimePoint now, std::size_t limit) {
    std::vector<Expired> removed = wait(Removal{now, limit}).removed;
    checkpointer_->makeWay();
    return removed;
  }

  void overwriteErased() { wait(Overwriting()); }

  std::optional<Row> findRecent(const Uuid& id) const { return rows_->findRecent(id); }

  // Waits for run() to have counted what was there.
  std::uint64_t records() const {
    counted_.get();
    return static_cast<std::uint64_t>(records_.load());
  }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t flushes() const { return flushes_; }

 private:
  struct Done {
    Commit commit = Commit::done;
    std::vector<Expired> removed = {};
  };
  using Outcome = Result<Done, std::exception_ptr>;
  // A change as the database takes it.
  struct Write {
    explicit Write(const share::Change& change) : id(change.id), expected(change.expected) {
      if (!change.next) return;
      auto written = std::make_shared<share::Share>(*change.next);
      written->version = expected + 1;
      bytes = spread(share::encodeShare(*written));
      record = std::move(written);
    }
    Uuid id;
    std::uint64_t expected;
    share::SharePointer record = nullptr;  // null: erase
    std::string bytes = {};
  };
  struct Removal {
    TimePoint expiredAt;
    std::size_t limit;
  };
  struct Overwriting {};
  // What becomes of an expired record: another one, or nothing.
  struct Remains {
    Row row;
    share::Change change;
  };
  // What the thread is asked to do, and what takes how it ended: once, and without a failure of its own.
  struct Job {
    std::variant<Write, Removal, Overwriting> task;
    std::function<void(Outcome)> done;
    Done result = {};
  };
  struct Statements {
    explicit Statements(SqliteConnection& connection)
        : insert(connection,
                 "INSERT INTO share (row, version, expires, record, id) VALUES (?1, 1, ?2, ?3, ?4)"),
          update(connection,
                 "UPDATE share SET version = version + 1, expires = ?2, record = ?3 WHERE row = ?1 AND "
                 "version = ?4"),
          erase(connection, "DELETE FROM share WHERE row = ?1 AND version = ?2"),
          expired(connection,
                  "SELECT row, id, version, record FROM share WHERE expires <= ?1 ORDER BY expires "
                  "LIMIT ?2") {}
    SqliteStatement insert;
    SqliteStatement update;
    SqliteStatement erase;
    SqliteStatement expired;
  };

  // What a group makes of records, on its way into the cache: there when it is in the database, and gone from
  // it if that failed.
  class Changes {
   public:
    explicit Changes(RecordCache& cache) : cache_(cache) {}
    ~Changes() {
      for (std::size_t i = 0; i < begun_; ++i) cache_.endChange(changes_[i].first, nullptr);
    }
    Changes(const Changes&) = delete;
    Changes& operator=(const Changes&) = delete;

    void add(const Uuid& id, share::SharePointer record) { changes_.emplace_back(id, std::move(record)); }
    void begin() {
      for (; begun_ < changes_.size(); ++begun_) cache_.beginChange(changes_[begun_].first);
    }
    void end() {
      for (auto& [id, record] : changes_) cache_.endChange(id, std::move(record));
      begun_ = 0;
    }

   private:
    RecordCache& cache_;
    std::vector<std::pair<Uuid, share::SharePointer>> changes_;
    std::size_t begun_ = 0;
  };

  void submit(Job job) {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      queue_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

  // Nothing thrown leaves this thread, or the relay would end: not even for want of memory.
  void run() {
    countRecords();
    std::deque<Job> group;
    for (;;) {
      {
        std::unique_lock<std::mutex> guard(mutex_);
        wake_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        group.swap(queue_);
      }
      write(group);
      group.clear();
    }
  }

  // By an index, so quickly, but not at once: so not while the store is opened.
  void countRecords() {
    try {
      records_ = connection_.queryNumber("SELECT count(*) FROM share");
      counting_.set_value();
    } catch (...) {
      counting_.set_exception(std::current_exception());
    }
  }

  static CommitResult resultOf(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const StoreFull&) {
      return Commit::full;
    } catch (...) {
      return failure;
    }
  }

  // Of a job that is done. Throws what it failed with.
  Done wait(std::variant<Write, Removal, Overwriting> task) {
    std::promise<Outcome> promise;
    submit({std::move(task), [&promise](Outcome outcome) { promise.set_value(std::move(outcome)); }});
    Outcome outcome = promise.get_future().get();
    if (!outcome) std::rethrow_exception(outcome.error());
    return std::move(*outcome);
  }

  // All or nothing: if the transaction fails, no job of it happened and each is told so.
  void write(std::deque<Job>& group) {
    try {
      try {
        writeTogether(group);
      } catch (const StoreFull&) {
        // The database may have free pages, and the log may be all that wants room.
        checkpointer_->foldAll();
        writeTogether(group);
      }
    } catch (...) {
      for (const Job& job : group) job.done(std::current_exception());
      return;
    }
    const auto waitsForDisk = [](const Job& job) { return std::holds_alternative<Overwriting>(job.task); };
    for (Job& job : group) {
      if (!waitsForDisk(job)) job.done(std::move(job.result));
    }
    for (const Job& job : group) {
      if (waitsForDisk(job)) overwrite(job);
    }
    checkpointer_->keepShort();
  }

  void writeTogether(std::deque<Job>& group) {
    Changes changes(cache_);
    rows_->rolledBack();  // what the one before may have left
    Transaction transaction(connection_);
    added_ = 0;
    std::uint64_t committed = 0;
    for (Job& job : group) {
      job.result = Done();
      if (const auto* write = std::get_if<Write>(&job.task)) {
        job.result.commit = apply(*write, changes);
        committed += job.result.commit == Commit::done ? 1 : 0;
      } else if (const auto* removal = std::get_if<Removal>(&job.task)) {
        job.result.removed = removeBatch(*removal, changes);
        committed += job.result.removed.size();
      }
    }
    rows_->settle();
    changes.begin();
    transaction.commit();
    rows_->committed();
    changes.end();
    checkpointer_->committed();
    records_ += added_;
    commits_ += committed;
    if (committed > 0) ++flushes_;
  }

  // The database's free pages are zeros by now; what was erased is in the log still.
  void overwrite(const Job& job) {
    if (checkpointer_->foldAll()) return job.done(Done());
    try {
      throw StoreError(
          "what was erased is still in the log of the store: another program reads the store, or the disk "
          "fails");
    } catch (...) {
      job.done(std::current_exception());
    }
  }

  Commit apply(const Write& write, Changes& changes) {
    const std::optional<Row> row = rows_->find(write.id);
    if (row) return write.expected == 0 ? Commit::conflict : replace(*row, write, changes);
    if (write.expected != 0) return Commit::conflict;
    if (write.record) insert(write, changes);
    return write.record ? Commit::done : Commit::conflict;
  }

  void insert(const Write& write, Changes& changes) {
    SqliteStatement& statement = statements_->insert;
    const StatementReset reset{statement};
    statement.bindNumber(1, rows_->add(write.id));
    statement.bindNumber(2, milliseconds(write.record->expires));
    statement.bindBlob(3, write.bytes);
    statement.bindBlob(4, write.id.bytes());
    statement.step();
    changes.add(write.id, write.record);
    ++added_;
  }

  // By another record, or nothing.
  Commit replace(Row row, const Write& write, Changes& changes) {
    SqliteStatement& statement = write.record ? statements_->update : statements_->erase;
    const auto expected = static_cast<std::int64_t>(write.expected);
    const StatementReset reset{statement};
    statement.bindNumber(1, row);
    if (write.record) {
      statement.bindNumber(2, milliseconds(write.record->expires));
      statement.bindBlob(3, write.bytes);
      statement.bindNumber(4, expected);
    } else {
      statement.bindNumber(2, expected);
    }
    statement.step();
    if (connection_.changes() != 1) return Commit::conflict;
    changes.add(write.id, write.record);
    if (write.record) return Commit::done;
    rows_->remove(write.id, row);
    --added_;
    return Commit::done;
  }

  std::vector<Expired> removeBatch(const Removal& removal, Changes& changes) {
    std::vector<Expired> removed;
    // By its row: an identifier can be as damaged as what cannot be read.
    for (const Remains& remains : remainsOfExpired(removal, removed))
      replace(remains.row, Write(remains.change), changes);
    return removed;
  }

  // What becomes of expired records; one that cannot be read is erased with the rest.
  std::vector<Remains> remainsOfExpired(const Removal& removal, std::vector<Expired>& removed) {
    std::vector<Remains> all;
    SqliteStatement& statement = statements_->expired;
    statement.bindNumber(1, milliseconds(removal.expiredAt));
    statement.bindNumber(2, static_cast<std::int64_t>(removal.limit));
    const StatementReset reset{statement};
    while (statement.step()) {
      share::Change change;
      change.id = Uuid::fromBytes(statement.blob(1)).value_or(Uuid());
      change.expected = static_cast<std::uint64_t>(statement.number(2));
      removed.push_back({change.id, {}, {}});
      if (auto share = share::decodeShare(gather(statement.blob(3)))) {
        share->id = change.id;
        share->version = change.expected;
        change.next = share::remainsOf(*share, share::End::expired, removal.expiredAt);
        removed.back().expired = share->expires;
        removed.back().registrations = std::move(share->registrations);
      }
      all.push_back({statement.number(0), std::move(change)});
    }
    return all;
  }

  SqliteConnection connection_;
  RecordCache& cache_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<RowIndex> rows_;
  std::unique_ptr<Statements> statements_;
  std::atomic<std::int64_t> records_{0};
  std::promise<void> counting_;
  std::shared_future<void> counted_ = counting_.get_future().share();
  std::int64_t added_ = 0;  // by the open transaction
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> flushes_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

SqliteStore::SqliteStore(const std::string& path, Durability durability, std::size_t cacheBytes,
                         std::size_t logBytes, std::size_t recentRows)
    : lock_(path),
      cache_(cacheBytes),
      writer_(std::make_unique<Writer>(path, durability, cache_, logBytes, recentRows)),
      readers_(std::make_unique<Readers>(path)) {}

SqliteStore::~SqliteStore() {
  readers_.reset();  // first, so that the log can be folded in whole
  writer_.reset();
}

share::SharePointer SqliteStore::find(const Uuid& id) const {
  if (auto record = cache_.find(id)) return record;
  const RecordCache::Reading reading = cache_.beginReading(id);
  auto record = readers_->find(id, writer_->findRecent(id));
  if (record) cache_.keep(reading, record);
  return record;
}

void SqliteStore::commit(const share::Change& change, CommitDone done) {
  writer_->commit(change, std::move(done));
}

Usage SqliteStore::usage() const {
  return {writer_->records(), readers_->bytes(), writer_->commits(), writer_->flushes()};
}

std::vector<Expired> SqliteStore::removeExpired(TimePoint now, std::size_t limit) {
  return writer_->removeExpired(now, limit);
}

void SqliteStore::overwriteErased() {
  writer_->overwriteErased();
}

void checkSqliteStore(const std::string& path) {
  const FileLock lock(path);
  SqliteConnection connection(path, SqliteConnection::Mode::readOnly);
  try {
    checkIdentity(connection, path);
    if (connection.queryText("PRAGMA quick_check(1)") != "ok") refuseDamaged(path);
    if (connection.queryNumber(kLost) != 0) refuseDamaged(path);
    SqliteStatement records(connection, "SELECT record FROM share");
    while (records.step()) {
      if (!share::decodeShare(gather(records.blob(0)))) refuseDamaged(path);
    }
  } catch (const StoreDamaged&) {
    refuseDamaged(path);
  }
}

}  // namespace tigress::store
