#pragma once

#include <cstdint>
#include <mutex>

#include "server/admission/client_address.h"
#include "server/admission/keyed_hash.h"
#include "server/admission/network_table.h"

namespace tigress::admission {

/// How many connections of one client network are open at a time, counted like the budgets of RateLimits:
/// by keyed hash, in fixed memory. Trusted proxies carry the connections of many and are not counted. Any
/// thread may call.
class ConnectionLimit {
 public:
  ConnectionLimit(std::uint32_t most, std::size_t places, TrustedProxies proxies, const RandomSource& random);

  /// Whether a connection from there may be served; if so it counts until `close` with the same address.
  bool open(const IpAddress& peer);
  void close(const IpAddress& peer);

 private:
  using Table = NetworkTable<std::uint32_t>;
  Table::Cells cellsOf(const IpAddress& peer);

  const std::uint32_t most_;
  const TrustedProxies proxies_;
  const KeyedHash hash_;
  std::mutex mutex_;
  Table counts_;
};

}  // namespace tigress::admission
