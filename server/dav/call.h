#pragma once

#include <string>

#include "common/http_message.h"
#include "common/random.h"
#include "server/dav/if_header.h"
#include "server/share/outcome.h"
#include "server/share/target.h"

namespace tigress::dav {

/// Who names shares.
enum class Identifiers {
  server,  ///< the relay; a client-made UUID is refused
  any,     ///< also clients, by MKCOL (for interop benches)
};

/// What an operator may set.
struct Rules {
  std::string origin;  ///< `https://host[:port]`, the front of Location; never taken from a request
  Identifiers identifiers = Identifiers::server;
  share::Lifetimes lifetimes;
  std::chrono::seconds longestWait{60};     ///< of a long poll
  std::chrono::seconds longestLock{86400};  ///< of a lock; the share's expiry is a bound too
  std::size_t locksPerShare = 16;           ///< shared locks are not free
};

/// What every call of the dialect needs beside its request. Outlives every call.
struct Context {
  const Rules& rules;
  const RandomSource& random;
  const share::ShareReader& shares;
};

/// One request, seen against the record it is aimed at.
struct Call {
  const Request& request;
  const share::Target& target;
  share::SharePointer share;  ///< live, or null
  TimePoint now;
  const Context& context;
  std::optional<IfHeader> condition;  ///< the If header
  share::Tokens submitted;            ///< its lock tokens

  /// The resource of the share the request names; collection for targets outside a share.
  share::Member member() const {
    return target.kind == share::Target::Kind::document ? share::Member::document : share::Member::collection;
  }
  /// Whether that resource exists.
  bool isMapped() const;
};

}  // namespace tigress::dav
