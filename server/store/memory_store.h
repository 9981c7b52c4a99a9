#pragma once

#include <mutex>
#include <set>
#include <unordered_map>

#include "server/store/share_store.h"

namespace tigress::store {

/// Shares in this process only: for tests, demonstrations and benches. A restart forgets them.
class MemoryStore : public ShareStore {
 public:
  share::SharePointer find(const Uuid& id) const override;
  void commit(const share::Change& change, CommitDone done) override;
  std::vector<Expired> removeExpired(TimePoint now, std::size_t limit) override;
  void overwriteErased() override {}  // memory that was freed is gone
  Usage usage() const override;

 private:
  Commit commitNow(const share::Change& change);
  void put(const Uuid& id, share::SharePointer share);
  share::SharePointer take(const Uuid& id);

  mutable std::mutex mutex_;
  std::unordered_map<Uuid, share::SharePointer, UuidHash> shares_;
  std::set<std::pair<TimePoint, Uuid>> byExpiry_;
  std::uint64_t bytes_ = 0;
  std::uint64_t commits_ = 0;
};

}  // namespace tigress::store
