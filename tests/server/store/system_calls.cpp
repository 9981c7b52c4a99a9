#include "tests/server/store/system_calls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tigress::store {

std::atomic<int> flushes{0};
std::atomic<bool> diskIsFull{false};

}  // namespace tigress::store

// The loader prefers a program's own functions to those of the C library.

extern "C" int fdatasync(int descriptor) {
  ++tigress::store::flushes;
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

extern "C" ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  if (tigress::store::diskIsFull) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
