#include "server/store/sqlite_connection.h"

#include <sqlite3.h>

#include "server/store/store_error.h"

namespace tigress::store {
namespace {

// SQLite's own words name tables and files, never values.
[[noreturn]] void fail(sqlite3* handle, const std::string& doing) {
  const int code = handle ? sqlite3_errcode(handle) : SQLITE_NOMEM;
  const std::string why = handle ? sqlite3_errmsg(handle) : "out of memory";
  if (code == SQLITE_FULL) throw StoreFull("the store is full: " + why);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw StoreDamaged("the store is damaged: " + why);
  throw StoreError("cannot " + doing + ": " + why);
}

}  // namespace

SqliteConnection::SqliteConnection(const std::string& path, Mode mode) {
  const int flags =
      mode == Mode::readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  std::string why;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  } else if (mode == Mode::readWriteCreate && sqlite3_db_readonly(handle_, "main") == 1) {
    why = "it can be read only";  // SQLite would open it all the same
  }
  if (!why.empty()) {
    sqlite3_close(handle_);
    throw StoreError("cannot open the store \"" + path + "\": " + why +
                     "; check that its folder exists and may be written");
  }
  setPatience(kPatience);
  const auto count = [](void* frames, sqlite3*, const char*, int now) {
    *static_cast<int*>(frames) = now;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, count, &logFrames_);  // in place of the one that folds
}

SqliteConnection::~SqliteConnection() {
  sqlite3_close(handle_);
}

void SqliteConnection::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_, "use the store");
}

std::int64_t SqliteConnection::queryNumber(const char* sql) {
  SqliteStatement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string SqliteConnection::queryText(const char* sql) {
  SqliteStatement statement(*this, sql);
  return statement.step() ? std::string(statement.blob(0)) : std::string();
}

bool SqliteConnection::isInTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void SqliteConnection::setPatience(std::chrono::milliseconds patience) {
  sqlite3_busy_timeout(handle_, static_cast<int>(patience.count()));
}

// By SQLite's own descriptor: whoever closes another one of the file drops the locks that SQLite holds on it
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
void SqliteConnection::flushDatabase() {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (!file || !file->pMethods || file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
    throw StoreError("cannot flush the store to the disk");
  }
}

int SqliteConnection::changes() const {
  return sqlite3_changes(handle_);
}

SqliteStatement::SqliteStatement(SqliteConnection& connection, const char* sql)
    : connection_(connection.handle()) {
  if (sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) !=
      SQLITE_OK) {
    fail(connection_, "read the store");
  }
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

void SqliteStatement::bindBlob(int index, std::string_view bytes) {
  if (sqlite3_bind_blob64(statement_, index, bytes.data(), bytes.size(), SQLITE_STATIC) != SQLITE_OK) {
    fail(connection_, "write to the store");
  }
}

void SqliteStatement::bindNumber(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) fail(connection_, "write to the store");
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(connection_, "use the store");
}

std::string_view SqliteStatement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

}  // namespace tigress::store
