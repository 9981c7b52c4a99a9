#pragma once

#include <memory>
#include <string>

#include "server/store/share_store.h"

namespace tigress::store {

/// What an answer that reports a change may rely on.
enum class Durability {
  full,  ///< survives a power cut: every group of commits is flushed to the disk
  os,    ///< survives the death of the process; a power cut may take the latest changes, never the database
};

/// Shares in one SQLite database file (format: docs/store.md). One thread writes and takes everything that
/// is queued into one transaction, so concurrent commits share one flush; readers have connections of
/// their own and never wait for it. Deleted content is overwritten (secure_delete).
class SqliteStore : public ShareStore {
 public:
  /// Opens or makes the database. Throws StoreError with a sentence that says what to do, for a file that
  /// cannot be opened, is no database of this program, is damaged, or is of a newer schema.
  SqliteStore(const std::string& path, Durability durability);
  /// Commits what is queued, folds the log into the database and closes it.
  ~SqliteStore() override;

  share::SharePointer find(const Uuid& id) const override;
  void commit(const share::Change& change, CommitDone done) override;
  std::vector<Uuid> removeExpired(TimePoint now, std::size_t limit) override;

 private:
  class Readers;
  class Writer;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

}  // namespace tigress::store
