#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tigress/timestamp.h"

namespace tigress::cli {

/// A line on a terminal's stderr that shows that something goes on, drawn again and again by a thread of its
/// own, from construction to destruction. It takes itself away at the end. Nothing else may be written to the
/// terminal while it is there.
class Spinner {
 public:
  /// With a moment, the line counts down to it.
  Spinner(std::string text, std::optional<TimePoint> until);
  ~Spinner();
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

 private:
  void run();

  const std::string text_;
  const std::optional<TimePoint> until_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

/// What is left of a time, as `1 d 02:03:04` or `02:03`.
std::string formatCountdown(std::chrono::milliseconds left);

}  // namespace tigress::cli
