#pragma once

#include <string>

namespace tigress::store {

/// Holds a file for one process at a time, by a lock on a file beside it (`PATH-lock`) that ends with the
/// process, however it ends. The file beside is removed when the lock is given back.
class FileLock {
 public:
  /// Throws StoreError if another process, or another FileLock of this one, has the lock.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace tigress::store
