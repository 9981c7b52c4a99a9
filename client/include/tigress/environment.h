#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "tigress/api.h"
#include "tigress/random.h"
#include "tigress/timestamp.h"
#include "tigress/transport.h"

namespace tigress::client {

/// What a session needs from the machine it runs on. Tests bring their own.
struct TIGRESS_API Environment {
  Transport& transport;  ///< must outlive every session
  RandomSource random = systemRandom;
  std::function<TimePoint()> now = systemNow;
  std::function<void(std::chrono::milliseconds)> sleep = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
  };
  /// For relays where shares are made by token: goes with the request that makes one, and with no other.
  std::string createToken = {};
};

}  // namespace tigress::client
