#include "server/store/probe.h"

#include <future>

namespace tigress::store {
namespace {

Commit commitAndWait(ShareStore& store, const share::Change& change) {
  auto promise = std::make_shared<std::promise<CommitResult>>();
  auto result = promise->get_future();
  store.commit(change, [promise](CommitResult done) { promise->set_value(std::move(done)); });
  const CommitResult done = result.get();
  if (!done) std::rethrow_exception(done.error());
  return *done;
}

}  // namespace

bool takesChanges(ShareStore& store, const RandomSource& random, TimePoint now) {
  share::Share probe = share::reserve(random, now, {});
  probe.expires = now;
  if (commitAndWait(store, share::Change::write(probe)) != Commit::done) return false;
  ++probe.version;
  return commitAndWait(store, share::Change::erase(probe)) == Commit::done;
}

}  // namespace tigress::store
