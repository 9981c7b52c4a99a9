#pragma once

#include <atomic>
#include <cstdint>

// Calls of the system, taken over by the test program: to count flushes and what is read, to break the disk,
// and to run out of memory.

namespace tigress::store {

/// Flushes of a file to the disk so far.
extern std::atomic<int> flushes;
/// Bytes of files read so far.
extern std::atomic<std::uint64_t> bytesRead;
/// While not 0, every write of a file fails with that errno: ENOSPC, as on a full disk; EROFS, EIO.
extern std::atomic<int> writeError;
/// How many times operator new still succeeds, in all threads, before it fails once; negative: it does not
/// fail.
extern std::atomic<int> allocationsLeft;

}  // namespace tigress::store
