#pragma once

#include <chrono>
#include <optional>

#include "tigress/api.h"
#include "tigress/failure.h"

namespace tigress::client {

/// What a session is about to do, for a person who waits.
struct TIGRESS_API Progress {
  enum class Step {
    creating,  ///< asks the relay for a share
    claiming,  ///< reads a share for the first time, as its receiver
    waiting,   ///< asks whether the other device has written; comes again each time it has not
    sending,   ///< sends a message
    retrying,  ///< the last request failed: waits for `pause`, then asks again
  };

  Step step;
  std::chrono::milliseconds pause{0};                 ///< of retrying
  std::optional<FailureCode> failure = std::nullopt;  ///< of retrying: why
};

}  // namespace tigress::client
