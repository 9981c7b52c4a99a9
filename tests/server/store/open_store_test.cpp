#include "server/store/open_store.h"

#include "server/store/memory_store.h"
#include "server/store/store_error.h"
#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::store {

TEST_CASE("a store URL names a backend and its place") {
  const auto memory = StoreUrl::parse("memory:");
  REQUIRE(memory);
  CHECK(memory->backend == StoreUrl::Backend::memory);
  const auto sqlite = StoreUrl::parse("sqlite:/var/lib/tigress/a b.db");
  REQUIRE(sqlite);
  CHECK(sqlite->backend == StoreUrl::Backend::sqlite);
  CHECK(sqlite->path == "/var/lib/tigress/a b.db");
}

TEST_CASE("a store URL that names no backend says which there are") {
  for (const char* text :
       {"", "memory", "memory:x", "sqlite:", "sqlite", "SQLITE:x", "redis://x", " memory:"}) {
    INFO(text);
    const auto url = StoreUrl::parse(text);
    REQUIRE_FALSE(url);
    CHECK_THAT(url.error().detail, Catch::Contains("sqlite:PATH") && Catch::Contains("memory:"));
  }
}

TEST_CASE("a store grows in the folder of its file") {
  CHECK(folderOf(*StoreUrl::parse("sqlite:/var/lib/tigress/shares.db")) == "/var/lib/tigress");
  CHECK(folderOf(*StoreUrl::parse("sqlite:shares.db")) == ".");
  CHECK(folderOf(*StoreUrl::parse("memory:")).empty());
}

TEST_CASE("a store opens by its URL") {
  const TemporaryFolder folder;
  CHECK(dynamic_cast<MemoryStore*>(openStore(*StoreUrl::parse("memory:"), Durability::full).get()));
  CHECK(dynamic_cast<SqliteStore*>(
      openStore(*StoreUrl::parse("sqlite:" + (folder / "shares.db")), Durability::os).get()));
  CHECK(std::filesystem::exists(folder / "shares.db"));
  CHECK_THROWS_AS(openStore(*StoreUrl::parse("sqlite:" + (folder / "no/shares.db")), Durability::os),
                  StoreError);
}

}  // namespace tigress::store
