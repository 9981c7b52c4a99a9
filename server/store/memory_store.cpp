#include "server/store/memory_store.h"

namespace tigress::store {
namespace {

std::uint64_t sizeOf(const share::Share& share) {
  return sizeof share + share.body.size();
}

}  // namespace

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
  if (found != shares_.end()) take(change.id);
  if (next) put(change.id, std::move(next));
  ++commits_;
  return Commit::done;
}

void MemoryStore::put(const Uuid& id, share::SharePointer share) {
  bytes_ += sizeOf(*share);
  byExpiry_.emplace(share->expires, id);
  shares_.emplace(id, std::move(share));
}

share::SharePointer MemoryStore::take(const Uuid& id) {
  const auto found = shares_.find(id);
  share::SharePointer share = std::move(found->second);
  shares_.erase(found);
  byExpiry_.erase({share->expires, id});
  bytes_ -= sizeOf(*share);
  return share;
}

Usage MemoryStore::usage() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return {shares_.size(), bytes_, commits_, 0};
}

std::vector<Expired> MemoryStore::removeExpired(TimePoint now, std::size_t limit) {
  std::vector<Expired> removed;
  const std::lock_guard<std::mutex> guard(mutex_);
  while (removed.size() < limit && !byExpiry_.empty() && byExpiry_.begin()->first <= now) {
    const Uuid id = byExpiry_.begin()->second;
    const share::SharePointer share = take(id);
    removed.push_back({id, share->expires, share->registrations});
    ++commits_;
    auto remains = share::remainsOf(*share, share::End::expired, now);
    if (!remains) continue;
    ++remains->version;
    put(id, std::make_shared<const share::Share>(std::move(*remains)));
  }
  return removed;
}

}  // namespace tigress::store
