#include "server/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/store/store_error.h"

namespace tigress::store {
namespace {

// The one who had the lock may have removed the file after we opened it: then our lock is on nothing.
bool isStillThere(int descriptor, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(descriptor, &held) == 0 && stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(const std::string& path) : path_(path + "-lock") {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
      throw StoreError("cannot open the store \"" + path + "\": " + std::strerror(errno) +
                       "; check that its folder exists and may be written");
    }
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor_);
      throw StoreError("the store \"" + path +
                       "\" is in use by another tigress-relay; stop that one, or name another file in "
                       "store.url");
    }
    if (isStillThere(descriptor_, path_)) return;
    ::close(descriptor_);
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());  // before the lock ends, so that nobody else's file is removed
  ::close(descriptor_);
}

}  // namespace tigress::store
