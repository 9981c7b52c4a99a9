#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tigress::relay {

/// One thread for what computes for milliseconds, which would keep a thread that serves many connections from
/// the others. Work is done in the order it came. Any thread may call.
class Background {
 public:
  Background();
  /// Does what was given before, then ends.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Runs `work` soon; it must not throw. How much can wait is for its givers to bound.
  void run(std::function<void()> work);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tigress::relay
