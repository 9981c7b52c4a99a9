#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/store/share_store.h"
#include "server/store/sqlite_store.h"
#include "tigress/result.h"

namespace tigress::store {

/// A store by its URL: `memory:` or `sqlite:PATH`.
struct StoreUrl {
  enum class Backend { memory, sqlite };
  Backend backend;
  std::string path;

  static Result<StoreUrl> parse(std::string_view text);
};

/// The folder whose disk the store grows on; empty if there is none.
std::string folderOf(const StoreUrl& url);

/// Opens it; `cacheBytes` bounds the records it keeps at hand; a write-ahead log of `logBytes` is folded in.
/// Throws StoreError.
std::unique_ptr<ShareStore> openStore(const StoreUrl& url, Durability durability,
                                      std::size_t cacheBytes = SqliteStore::kCacheBytes,
                                      std::size_t logBytes = SqliteStore::kLogBytes);

/// Reads all that is stored, which takes its time. Throws StoreError if anything is wrong with it.
void checkStore(const StoreUrl& url);

}  // namespace tigress::store
