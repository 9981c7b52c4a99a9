#pragma once

#include <memory>
#include <string>

#include "server/store/file_lock.h"
#include "server/store/record_cache.h"
#include "server/store/share_store.h"

namespace tigress::store {

/// What an answer that reports a change may rely on.
enum class Durability {
  full,  ///< survives a power cut: every group of commits is flushed to the disk
  os,    ///< survives the death of the process; a power cut may take the latest changes, never the database
};

/// Shares in one SQLite database file (format: docs/store.md). One thread writes and takes everything that
/// is queued into one transaction, so concurrent commits share one flush; readers have connections of
/// their own and never wait for it. Deleted content is overwritten (secure_delete). A third thread folds the
/// log into the database. The file is this store's alone as long as it is open, so records can be kept at
/// hand.
class SqliteStore : public ShareStore {
 public:
  static constexpr std::size_t kCacheBytes = std::size_t{64} << 20;
  static constexpr std::size_t kLogBytes = std::size_t{16} << 20;
  static constexpr std::size_t kRecentRows = 65'536;

  /// Opens or makes the database, in a time that depends on `recentRows` (RowIndex) and not on its size.
  /// Throws StoreError with a sentence that says what to do, for a file that cannot be opened, is in use, is
  /// no database of this program, is of a newer schema, or is damaged at its roots. Other damage is a
  /// StoreError of who meets it; checkSqliteStore finds it all.
  SqliteStore(const std::string& path, Durability durability, std::size_t cacheBytes = kCacheBytes,
              std::size_t logBytes = kLogBytes, std::size_t recentRows = kRecentRows);
  /// Commits what is queued, folds the log into the database and closes it.
  ~SqliteStore() override;

  share::SharePointer find(const Uuid& id) const override;
  void commit(const share::Change& change, CommitDone done) override;
  std::vector<Expired> removeExpired(TimePoint now, std::size_t limit) override;
  void overwriteErased() override;
  Usage usage() const override;

 private:
  class Readers;
  class Writer;
  FileLock lock_;
  mutable RecordCache cache_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

/// Reads the whole file, which takes its time. Throws StoreError if anything is wrong, or it is in use.
void checkSqliteStore(const std::string& path);

}  // namespace tigress::store
