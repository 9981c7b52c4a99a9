#pragma once

#include <future>

#include "server/store/share_store.h"

namespace tigress::store {

/// A commit, waited for. Throws what the store failed with.
inline Commit commitNow(ShareStore& store, const share::Change& change) {
  std::promise<CommitResult> promise;
  store.commit(change, [&promise](CommitResult result) { promise.set_value(std::move(result)); });
  const CommitResult result = promise.get_future().get();
  if (!result) std::rethrow_exception(result.error());
  return *result;
}

inline std::vector<Uuid> expiredIds(const std::vector<Expired>& removed) {
  std::vector<Uuid> ids;
  for (const Expired& expired : removed) ids.push_back(expired.id);
  return ids;
}

}  // namespace tigress::store
