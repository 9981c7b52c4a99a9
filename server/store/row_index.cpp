#include "server/store/row_index.h"

#include <algorithm>
#include <utility>

namespace tigress::store {
namespace {

// So many more than a transaction changes at most, so that who waits for it does not wait for this.
constexpr std::size_t kMostSettled = 256;

constexpr const char* kSelect =
    "SELECT place.row FROM place JOIN share ON share.row = place.row AND share.id = place.id "
    "WHERE place.id = ?1";
// After a crash some are settled that are taken for recent; those change no page.
constexpr const char* kInsert =
    "INSERT INTO place (id, row) VALUES (?1, ?2) "
    "ON CONFLICT (id) DO UPDATE SET row = excluded.row WHERE row <> excluded.row";

}  // namespace

RowIndex::RowIndex(SqliteConnection& connection, std::size_t kept)
    : kept_(kept),
      select_(connection, kSelect),
      insert_(connection, kInsert),
      erase_(connection, "DELETE FROM place WHERE id = ?1 AND row = ?2"),
      progress_(connection, "UPDATE settled SET row = ?1") {
  const Row settled = connection.queryNumber("SELECT row FROM settled");
  SqliteStatement rows(connection, "SELECT row, id FROM share WHERE row > ?1");
  rows.bindNumber(1, settled);
  newest_ = settled;
  while (rows.step()) {
    newest_ = rows.number(0);
    if (const auto id = Uuid::fromBytes(rows.blob(1))) recent_.insert_or_assign(*id, newest_);
  }
  newestWhenOpened_ = begun_ = newest_;
}

std::optional<Row> RowIndex::findRecent(const Uuid& id) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto place = recent_.find(id);
  if (place == recent_.end()) return std::nullopt;
  return place->second;
}

std::optional<Row> RowIndex::find(const Uuid& id) {
  const auto changed = changed_.find(id);
  if (changed != changed_.end())
    return changed->second == kGone ? std::nullopt : std::optional<Row>(changed->second);
  const auto recent = recent_.find(id);  // no other thread changes it
  if (recent != recent_.end()) return recent->second;
  const StatementReset reset{select_};
  select_.bindBlob(1, id.bytes());
  if (!select_.step()) return std::nullopt;
  return select_.number(0);
}

Row RowIndex::add(const Uuid& id) {
  changed_[id] = newest_ + 1;
  return ++newest_;
}

bool RowIndex::isRecent(const Uuid& id, Row row) const {
  const auto changed = changed_.find(id);
  if (changed != changed_.end()) return changed->second == row;
  const auto recent = recent_.find(id);
  return recent != recent_.end() && recent->second == row;
}

void RowIndex::remove(const Uuid& id, Row row) {
  const bool recent = isRecent(id, row);
  if (!recent || row <= newestWhenOpened_) {
    const StatementReset reset{erase_};
    erase_.bindBlob(1, id.bytes());
    erase_.bindNumber(2, row);
    erase_.step();
  }
  if (recent) changed_[id] = kGone;
}

void RowIndex::settle() {
  if (recent_.size() <= kept_) return;
  std::size_t left = std::min(recent_.size() - kept_, changed_.size() + kMostSettled);
  auto place = recent_.lower_bound(next_);
  for (; place != recent_.end() && left > 0; ++place, --left) {
    const auto& [id, row] = *place;
    if (changed_.count(id) != 0) continue;  // its row was removed by this transaction
    const StatementReset reset{insert_};
    insert_.bindBlob(1, id.bytes());
    insert_.bindNumber(2, row);
    insert_.step();
    changed_[id] = kGone;
  }
  if (place != recent_.end()) {
    nextAfter_ = place->first;
    return;
  }
  // All that were there when the round began are settled by now, or gone.
  nextAfter_ = Uuid();
  roundEnds_ = true;
  const StatementReset reset{progress_};
  progress_.bindNumber(1, begun_);
  progress_.step();
}

void RowIndex::committed() noexcept {
  const std::lock_guard<std::mutex> guard(mutex_);
  while (!changed_.empty()) {
    auto changed = changed_.extract(changed_.begin());
    if (changed.mapped() == kGone) {
      recent_.erase(changed.key());
      continue;
    }
    auto put = recent_.insert(std::move(changed));
    if (!put.inserted) put.position->second = put.node.mapped();
  }
  if (nextAfter_) next_ = *nextAfter_;
  nextAfter_.reset();
  if (std::exchange(roundEnds_, false)) begun_ = newest_;
}

void RowIndex::rolledBack() noexcept {
  changed_.clear();
  nextAfter_.reset();
  roundEnds_ = false;
}

}  // namespace tigress::store
