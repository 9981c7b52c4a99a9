#include "server/store/open_store.h"

#include <filesystem>

#include "common/text.h"
#include "server/store/memory_store.h"

namespace tigress::store {

Result<StoreUrl> StoreUrl::parse(std::string_view text) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (text == "memory:") return StoreUrl{Backend::memory, {}};
  if (startsWith(text, kSqlite) && text.size() > kSqlite.size()) {
    return StoreUrl{Backend::sqlite, std::string(text.substr(kSqlite.size()))};
  }
  return ParseError{"expected \"sqlite:PATH\" or \"memory:\""};
}

std::string folderOf(const StoreUrl& url) {
  if (url.backend != StoreUrl::Backend::sqlite) return {};
  const std::string folder = std::filesystem::path(url.path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::unique_ptr<ShareStore> openStore(const StoreUrl& url, Durability durability, std::size_t cacheBytes,
                                      std::size_t logBytes) {
  switch (url.backend) {
    case StoreUrl::Backend::memory:
      return std::make_unique<MemoryStore>();
    case StoreUrl::Backend::sqlite:
      return std::make_unique<SqliteStore>(url.path, durability, cacheBytes, logBytes);
  }
  return nullptr;
}

void checkStore(const StoreUrl& url) {
  switch (url.backend) {
    case StoreUrl::Backend::memory:
      return;
    case StoreUrl::Backend::sqlite:
      return checkSqliteStore(url.path);
  }
}

}  // namespace tigress::store
