#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "server/store/sqlite_connection.h"
#include "tigress/uuid.h"

namespace tigress::store {

/// The number of a share's row; they grow, and none is used twice.
using Row = std::int64_t;

/// In which row a share is. Identifiers are random, so in a tree of many each new one changes a page of its
/// own, which has to be logged, copied and flushed. So the latest are only here, in memory; their rows tell
/// where they are when the store is opened again. When there are more than `kept`, they are settled in the
/// table `place`, in the order of the identifiers and round and round, so that neighbours change a page
/// together. A share that ends soon is never settled (docs/store.md).
///
/// One thread writes, with a transaction open on the connection; findRecent() is for any thread.
class RowIndex {
 public:
  /// Reads the rows that may not be settled, at most about four times `kept`; 64 bytes of memory are for
  /// each. Throws StoreError.
  RowIndex(SqliteConnection& connection, std::size_t kept);

  /// The row of a committed share that is not settled. Who is not here is to be looked for in `place`, and
  /// who is may be gone from its row.
  std::optional<Row> findRecent(const Uuid& id) const;

  /// As the open transaction sees it.
  std::optional<Row> find(const Uuid& id);
  /// The row that a share is to be put in, that find() does not know.
  Row add(const Uuid& id);
  /// Its row is removed by this transaction.
  void remove(const Uuid& id, Row row);
  /// The last thing of a transaction: settles some of those that are too many.
  void settle();

  /// The transaction was committed, or did not happen.
  void committed() noexcept;
  void rolledBack() noexcept;

 private:
  static constexpr Row kGone = 0;

  bool isRecent(const Uuid& id, Row row) const;

  std::size_t kept_;
  SqliteStatement select_;
  SqliteStatement insert_;
  SqliteStatement erase_;
  SqliteStatement progress_;
  Row newest_ = 0;            // given to a share
  Row newestWhenOpened_ = 0;  // rows up to here may be settled, although they are in recent_
  mutable std::mutex mutex_;  // held by findRecent(), and by who changes recent_
  std::map<Uuid, Row> recent_;
  // The round of settling: who is next, and the newest row that recent_ had when it began.
  Uuid next_;
  Row begun_ = 0;
  // Of the open transaction; its entries move to recent_ without an allocation that could fail.
  std::map<Uuid, Row> changed_;  // kGone: in recent_ no more
  std::optional<Uuid> nextAfter_;
  bool roundEnds_ = false;
};

}  // namespace tigress::store
