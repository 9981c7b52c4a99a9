#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tigress::store {

/// One connection to a SQLite database. Not for use by several threads at once.
class SqliteConnection {
 public:
  enum class Mode { readWriteCreate, readOnly };
  static constexpr std::chrono::milliseconds kPatience{5000};
  /// Throws StoreError.
  SqliteConnection(const std::string& path, Mode mode);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// Runs statements that give no rows of interest. Throws StoreError.
  void execute(const char* sql);
  /// The first column of the first row. Throws StoreError.
  std::int64_t queryNumber(const char* sql);
  std::string queryText(const char* sql);
  /// Whether a transaction is open.
  bool isInTransaction() const;
  /// How long a statement waits for another connection's lock, instead of the usual five seconds.
  void setPatience(std::chrono::milliseconds patience);
  /// Flushes to the disk what was written to the database file, by this connection or another. Throws
  /// StoreError.
  void flushDatabase();
  /// Rows the last statement changed.
  int changes() const;
  /// How many pages the write-ahead log held after the last commit by this connection. SQLite folds no log
  /// by itself: Checkpointer does.
  int logFrames() const { return logFrames_; }

  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
  int logFrames_ = 0;
};

/// A prepared statement, kept for reuse. Parameters and columns count from 1 and 0, as SQLite's.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, const char* sql);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  /// The bytes must outlive the next reset().
  void bindBlob(int index, std::string_view bytes);
  void bindNumber(int index, std::int64_t value);

  /// True if there is a row. Throws StoreFull when there is no room, StoreDamaged for a broken file,
  /// StoreError for anything else wrong.
  bool step();
  std::string_view blob(int column) const;
  std::int64_t number(int column) const;
  /// Ready for the next use; bound values are forgotten.
  void reset();

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_ = nullptr;
};

/// Resets a statement where its use ends.
struct StatementReset {
  SqliteStatement& statement;
  ~StatementReset() { statement.reset(); }
};

}  // namespace tigress::store
