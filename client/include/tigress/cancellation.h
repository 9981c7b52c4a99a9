#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "tigress/api.h"
#include "tigress/failure.h"

namespace tigress::client {

/// The way to break off what a session is doing: give the same one to the session's Environment and to its
/// HttpTransport, and call `cancel` from another thread. Copies are one and the same. Once cancelled it stays
/// so: who wants to go on restores the session from its state, with a new one. Any thread may call any of it.
class TIGRESS_API Cancellation {
  struct State;

 public:
  Cancellation();

  /// From here on every request and every pause ends at once, as `failure`; one that is just looking for the
  /// relay, within the transport's time to connect. Not for signal handlers.
  void cancel() const;
  bool cancelled() const;

  /// What a transport returns then.
  static Failure failure();

  /// Sleeps that long, or until it is cancelled.
  void sleep(std::chrono::milliseconds time) const;

  /// For transports. Calls `then` once, when it is cancelled and on the thread that does so; at once if that
  /// was before. `then` must not wait and must not call the Cancellation. When the Listener has ended, `then`
  /// is not running and never will.
  class TIGRESS_API Listener {
   public:
    Listener(const Cancellation& cancellation, std::function<void()> then);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

   private:
    std::shared_ptr<State> state_;
    std::function<void()> then_;
  };

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tigress::client
