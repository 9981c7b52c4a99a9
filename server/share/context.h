#pragma once

#include <string>

#include "common/sha256.h"
#include "server/share/registrations.h"
#include "server/share/share.h"
#include "tigress/random.h"

namespace tigress::share {

/// Who names shares.
enum class Identifiers {
  server,  ///< the relay; a client-made UUID is refused
  any,     ///< also clients, by MKCOL (for interop benches)
};

/// What an operator may set.
struct Rules {
  std::string origin;  ///< `https://host[:port]`, the front of Location; never taken from a request
  Identifiers identifiers = Identifiers::server;
  Lifetimes lifetimes;
  std::chrono::seconds longestWait{60};     ///< of a long poll
  std::chrono::seconds longestLock{86400};  ///< of a lock; the share's expiry is a bound too
  std::size_t locksPerShare = 16;           ///< shared locks are not free
  std::size_t largestDocument = 65536;      ///< bytes of share.json
  RegistrationLimits registrations;
};

/// What every call of a dialect needs beside its request. Outlives every call.
struct Context {
  const Rules& rules;
  const RandomSource& random;
  const Sha256& sha256;
  const ShareReader& shares;
  const PushTypes& push = kNoPush;
};

}  // namespace tigress::share
