#pragma once

#include <atomic>

// Two system calls of the database, taken over by the test program: to count flushes, and to fill the disk.

namespace tigress::store {

/// Flushes of a file to the disk so far.
extern std::atomic<int> flushes;
/// While true, every write of a file fails as on a full disk.
extern std::atomic<bool> diskIsFull;

}  // namespace tigress::store
