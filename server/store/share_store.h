#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>

#include "server/share/outcome.h"
#include "tigress/result.h"

namespace tigress::store {

/// How a commit ended.
enum class Commit {
  done,      ///< durable as far as the store was asked to be
  conflict,  ///< the stored version is another one: load, work it out again, retry
  unknown,   ///< the connection to the store broke after the request was sent: load and see
  full,      ///< no room; nothing changed
};

/// How it ended, or the exception of a broken store: then nothing changed.
using CommitResult = Result<Commit, std::exception_ptr>;
using CommitDone = std::function<void(CommitResult)>;

/// How much is stored, and how it was written.
struct Usage {
  std::uint64_t records = 0;  ///< of any stage
  std::uint64_t bytes = 0;    ///< that they take, with the backend's overhead
  std::uint64_t commits = 0;  ///< records changed and removed since the store was opened
  std::uint64_t flushes = 0;  ///< in how many groups; 0 where nothing is flushed
};

/// A record that the cleanup removed, and who wanted to be told of it.
struct Expired {
  Uuid id;
  TimePoint expired;
  std::vector<share::PushRegistration> registrations;
};

/// Where shares are kept: records by identifier, changed by compare-and-swap on their version. Lock rules,
/// claims and expiry are fields of the record, so a store knows none of them but the moment of expiry.
///
/// Any thread may call. A broken store is a std::exception: thrown, or handed to who waits for a commit;
/// nothing is half done.
class ShareStore : public share::ShareReader {
 public:
  /// Makes `change.next` the record if the stored version is `change.expected` (0: there is none), or
  /// erases the record, and calls `done` exactly once: on any thread, maybe before this returns, with no lock
  /// held. It must not throw or block. `change` is read before this returns. On Commit::done the new record
  /// has version `expected + 1`, every later find() sees it, and it survives the process. Erased and replaced
  /// bytes are overwritten, not only unlinked, at the latest by the next overwriteErased().
  virtual void commit(const share::Change& change, CommitDone done) = 0;

  /// Puts what remains of them (share::remainsOf) in place of up to `limit` shares that expired at `now` or
  /// before, oldest first, without holding up others for longer than one commit. Gives what was removed, once
  /// it is.
  virtual std::vector<Expired> removeExpired(TimePoint now, std::size_t limit) = 0;

  /// Returns when nothing of what was erased or replaced before is left in any file. This may hold up commits
  /// for as long as the disk takes. Throws StoreError if it cannot be done now, because another program reads
  /// the store, say; nothing but the traces stays then, and the next call tries again.
  virtual void overwriteErased() = 0;

  /// As of the last commit that was answered, as far as this store made it. Takes the same time however much
  /// is stored, but for the first call after the store was opened. Throws StoreError.
  virtual Usage usage() const = 0;
};

}  // namespace tigress::store
