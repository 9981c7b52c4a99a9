#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "server/share/share.h"

namespace tigress::store {

/// Records a store keeps at hand, so that reading one again needs no database: as many as fit into so many
/// bytes. Who makes room is the oldest that nobody used since it was last in danger (second chance), so that
/// a use changes no order that all threads would have to share. That a share is not there is never kept, so
/// asking for made-up identifiers pushes nothing out.
///
/// It never holds a record that another one has replaced, whatever readers and the writer do at once: a
/// record read from the database is kept only if no change of it began or ended since before it was read, and
/// what a change made of it is put here when the change is done. Any thread may call.
class RecordCache {
 public:
  explicit RecordCache(std::size_t bytes) : bytesPerShard_(bytes / kShards) {}

  /// The record; null if it is not at hand.
  share::SharePointer find(const Uuid& id);

  /// When a record is about to be read from the database: what to hand to keep() with it.
  using Reading = std::uint64_t;
  Reading beginReading(const Uuid& id);
  /// Keeps a record that was read, unless it may be an old one by now.
  void keep(Reading reading, share::SharePointer record);

  /// Before a change becomes visible in the database. Until endChange the record stays what it was here.
  void beginChange(const Uuid& id);
  /// What the change made of the record: null if it was erased, or if that is not known. Of several changes
  /// that were begun, the last to end counts. Throws nothing.
  void endChange(const Uuid& id, share::SharePointer record);

 private:
  struct Kept {
    share::SharePointer record;
    bool used = false;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Kept> kept;  // the last one is the first to make room
    std::unordered_map<Uuid, std::list<Kept>::iterator, UuidHash> places;
    std::vector<Uuid> changing;
    std::size_t bytes = 0;
    std::uint64_t changes = 0;  // begun and ended ones
  };

  static constexpr std::size_t kShards = 16;

  Shard& shardOf(const Uuid& id);
  void put(Shard& shard, share::SharePointer record) const;
  void makeRoom(Shard& shard) const;
  static void remove(Shard& shard, const Uuid& id);

  std::size_t bytesPerShard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tigress::store
