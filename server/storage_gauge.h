#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "server/admission/admission.h"
#include "server/store/share_store.h"

namespace tigress::relay {

/// How full the store and its disk are, looked up once a second at most. Any thread may call.
class StorageGauge {
 public:
  /// `folder`: where the store grows; empty if it is on no disk. The store must outlive this.
  StorageGauge(const store::ShareStore& store, std::string folder);

  admission::StorageUse read(admission::Moment now);

 private:
  const store::ShareStore& store_;
  const std::string folder_;
  std::mutex mutex_;
  std::optional<admission::Moment> readAt_;
  admission::StorageUse use_;
};

}  // namespace tigress::relay
