#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "tigress/api.h"
#include "tigress/cancellation.h"
#include "tigress/progress.h"
#include "tigress/random.h"
#include "tigress/timestamp.h"
#include "tigress/transport.h"

namespace tigress::client {

/// What a session needs from the machine it runs on; tests bring their own. All of it is called on the thread
/// that calls the session, and must not call the session.
struct TIGRESS_API Environment {
  Transport& transport;  ///< must outlive every session
  RandomSource random = systemRandom;
  std::function<TimePoint()> now = systemNow;
  /// Waits before something is tried again; without one, this thread sleeps until it is time or cancelled.
  std::function<void(std::chrono::milliseconds)> sleep = {};
  /// For relays where shares are made by token: goes with the request that makes one, and with no other.
  std::string createToken = {};
  /// Breaks sessions off. The transport needs to know of it, too, to end a request that is under way.
  Cancellation cancellation = {};
  /// Told before each step; must not throw. May cancel.
  std::function<void(const Progress&)> progress = {};

  void pause(std::chrono::milliseconds time) const { sleep ? sleep(time) : cancellation.sleep(time); }
  void tell(const Progress& step) const {
    if (progress) progress(step);
  }
};

}  // namespace tigress::client
