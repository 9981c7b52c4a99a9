#include "server/store/record_cache.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace tigress::store {
namespace {

// What a record takes in memory, about: the strings' own blocks, and the nodes that hold it here.
std::size_t weightOf(const share::Share& share) {
  constexpr std::size_t kNodes = 128;
  std::size_t weight = kNodes + sizeof(share::Share) + share.body.capacity() + share.etag.capacity();
  for (const auto* text : {&share.display.title, &share.display.description, &share.display.imageUrl}) {
    if (*text) weight += (*text)->capacity();
  }
  for (const share::Lock& lock : share.locks)
    weight += sizeof lock + lock.token.capacity() + lock.owner.capacity();
  if (share.claims) {
    for (const share::Device* device : {&share.claims->sender, &share.claims->receiver})
      weight += device->claim.capacity() + device->lastRequest.capacity();
    weight += share.claims->verifier.capacity();
  }
  return weight;
}

}  // namespace

share::SharePointer RecordCache::find(const Uuid& id) {
  Shard& shard = shardOf(id);
  const std::lock_guard<std::mutex> guard(shard.mutex);
  const auto place = shard.places.find(id);
  if (place == shard.places.end()) return nullptr;
  Kept& kept = *place->second;
  if (!kept.used) kept.used = true;  // what is written costs other processors more than what is read
  return kept.record;
}

RecordCache::Reading RecordCache::beginReading(const Uuid& id) {
  Shard& shard = shardOf(id);
  const std::lock_guard<std::mutex> guard(shard.mutex);
  return shard.changes;
}

void RecordCache::keep(Reading reading, share::SharePointer record) {
  Shard& shard = shardOf(record->id);
  const std::lock_guard<std::mutex> guard(shard.mutex);
  // Any change in the shard since then might be of this record. They are rare while one record is read.
  const bool changing =
      std::find(shard.changing.begin(), shard.changing.end(), record->id) != shard.changing.end();
  if (shard.changes == reading && !changing) put(shard, std::move(record));
}

void RecordCache::beginChange(const Uuid& id) {
  Shard& shard = shardOf(id);
  const std::lock_guard<std::mutex> guard(shard.mutex);
  ++shard.changes;
  shard.changing.push_back(id);
}

void RecordCache::endChange(const Uuid& id, share::SharePointer record) {
  Shard& shard = shardOf(id);
  const std::lock_guard<std::mutex> guard(shard.mutex);
  ++shard.changes;  // a reading that began during the change may have found the old record
  const auto change = std::find(shard.changing.begin(), shard.changing.end(), id);
  if (change != shard.changing.end()) shard.changing.erase(change);
  // Changed twice in one go: what the first made of it was never to be seen.
  if (std::find(shard.changing.begin(), shard.changing.end(), id) != shard.changing.end()) return;
  if (record) {
    put(shard, std::move(record));
  } else {
    remove(shard, id);
  }
}

RecordCache::Shard& RecordCache::shardOf(const Uuid& id) {
  // The last byte is random; the first ones place the record within the shard.
  return shards_[static_cast<unsigned char>(id.bytes().back()) % kShards];
}

void RecordCache::put(Shard& shard, share::SharePointer record) const {
  remove(shard, record->id);
  try {
    std::list<Kept> place;
    place.push_back({std::move(record)});
    shard.places.emplace(place.front().record->id, place.begin());
    shard.bytes += weightOf(*place.front().record);
    shard.kept.splice(shard.kept.begin(), place);
  } catch (const std::bad_alloc&) {
    return;  // it is read again when it is wanted
  }
  makeRoom(shard);
}

void RecordCache::makeRoom(Shard& shard) const {
  while (shard.bytes > bytesPerShard_) {
    const auto last = std::prev(shard.kept.end());
    if (std::exchange(last->used, false)) {
      shard.kept.splice(shard.kept.begin(), shard.kept, last);
    } else {
      remove(shard, Uuid(last->record->id));
    }
  }
}

void RecordCache::remove(Shard& shard, const Uuid& id) {
  const auto place = shard.places.find(id);
  if (place == shard.places.end()) return;
  shard.bytes -= weightOf(*place->second->record);
  shard.kept.erase(place->second);
  shard.places.erase(place);
}

}  // namespace tigress::store
