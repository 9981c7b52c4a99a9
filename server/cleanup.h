#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "server/log.h"

namespace tigress::metrics {
class Registry;
}

namespace tigress::relay {

class Relay;

/// When the cleanup runs, and in what steps.
struct CleanupPace {
  std::chrono::seconds interval{60};  ///< from the end of one to the begin of the next
  std::size_t batch = 50;             ///< how many shares are removed in one transaction
};

/// Removes expired shares from time to time, a few at a time, so that no request waits for long. A failure is
/// logged and tried again at the next turn.
class Cleanup {
 public:
  /// All must outlive it. The first turn begins at once, on a thread of its own.
  Cleanup(Relay& relay, CleanupPace pace, metrics::Registry& registry, const Log& log);
  /// Ends after the batch it is at.
  ~Cleanup();
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;

 private:
  void run();
  void clean();
  bool isStopping();
  bool rest();

  Relay& relay_;
  const CleanupPace pace_;
  metrics::Registry& registry_;
  const Log& log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tigress::relay
