#include "server/store/memory_store.h"

#include "tests/contract/store_contract.h"

namespace tigress::store {
namespace {

std::unique_ptr<ShareStore> openMemory() {
  return std::make_unique<MemoryStore>();
}

}  // namespace

TEST_CASE("the memory store compares and swaps") {
  contract::checkCompareAndSwap(openMemory);
}

TEST_CASE("the memory store removes what has expired") {
  contract::checkRemoval(openMemory);
}

TEST_CASE("the memory store counts what it holds") {
  contract::checkUsage(openMemory);
}

TEST_CASE("the memory store is safe in many threads") {
  contract::checkConcurrency(openMemory);
}

}  // namespace tigress::store
