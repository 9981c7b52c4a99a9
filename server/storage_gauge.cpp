#include "server/storage_gauge.h"

#include <sys/statvfs.h>

namespace tigress::relay {
namespace {

constexpr std::chrono::seconds kFresh{1};

std::uint64_t freeBytes(const std::string& folder) {
  struct statvfs disk {};
  // If nobody can tell, the store itself will find out.
  if (folder.empty() || ::statvfs(folder.c_str(), &disk) != 0) return UINT64_MAX;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace

StorageGauge::StorageGauge(const store::ShareStore& store, std::string folder)
    : store_(store), folder_(std::move(folder)) {}

admission::StorageUse StorageGauge::read(admission::Moment now) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (readAt_ && now - *readAt_ < kFresh) return use_;
  const store::Usage usage = store_.usage();
  use_ = {usage.records, usage.bytes, freeBytes(folder_)};
  readAt_ = now;
  return use_;
}

}  // namespace tigress::relay
