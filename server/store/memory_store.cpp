#include "server/store/memory_store.h"

namespace tigress::store {

share::SharePointer MemoryStore::find(const Uuid& id) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = shares_.find(id);
  return found == shares_.end() ? nullptr : found->second;
}

void MemoryStore::commit(const share::Change& change, CommitDone done) {
  done(commitNow(change));
}

Commit MemoryStore::commitNow(const share::Change& change) {
  share::SharePointer next;
  if (change.next) {
    auto record = std::make_shared<share::Share>(*change.next);
    record->version = change.expected + 1;
    next = std::move(record);
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = shares_.find(change.id);
  const std::uint64_t current = found == shares_.end() ? 0 : found->second->version;
  if (current != change.expected) return Commit::conflict;
  if (found != shares_.end()) {
    byExpiry_.erase({found->second->expires, change.id});
    shares_.erase(found);
  }
  if (next) {
    byExpiry_.emplace(next->expires, change.id);
    shares_.emplace(change.id, std::move(next));
  }
  return Commit::done;
}

std::vector<Uuid> MemoryStore::removeExpired(TimePoint now, std::size_t limit) {
  std::vector<Uuid> removed;
  const std::lock_guard<std::mutex> guard(mutex_);
  while (removed.size() < limit && !byExpiry_.empty() && byExpiry_.begin()->first <= now) {
    const Uuid id = byExpiry_.begin()->second;
    removed.push_back(id);
    byExpiry_.erase(byExpiry_.begin());
    auto remains = share::remainsOf(*shares_.at(id), share::End::expired, now);
    if (!remains) {
      shares_.erase(id);
      continue;
    }
    ++remains->version;
    byExpiry_.emplace(remains->expires, id);
    shares_[id] = std::make_shared<const share::Share>(std::move(*remains));
  }
  return removed;
}

}  // namespace tigress::store
