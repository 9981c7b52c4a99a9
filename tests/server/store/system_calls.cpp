#include "tests/server/store/system_calls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace tigress::store {

std::atomic<int> flushes{0};
std::atomic<std::uint64_t> bytesRead{0};
std::atomic<int> writeError{0};
std::atomic<int> allocationsLeft{-1};

}  // namespace tigress::store

// The loader prefers a program's own functions to those of the C library.

extern "C" int fdatasync(int descriptor) {
  ++tigress::store::flushes;
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

extern "C" ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t offset) {
  tigress::store::bytesRead += size;
  return syscall(SYS_pread64, descriptor, bytes, size, offset);
}

extern "C" ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  if (const int error = tigress::store::writeError) {
    errno = error;
    return -1;
  }
  return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

void* operator new(std::size_t size) {
  if (tigress::store::allocationsLeft >= 0 && tigress::store::allocationsLeft-- == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);  // with its partner below, so that the address sanitizer sees a pair
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
