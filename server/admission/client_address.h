#pragma once

#include <vector>

#include "common/ip_address.h"
#include "tigress/http_message.h"

namespace tigress::admission {

/// The one field in which the trusted proxies say whom they speak for. Only one: a proxy passes the other on
/// as the client wrote it.
enum class ProxyField {
  xForwardedFor,
  forwarded,  ///< RFC 7239
};

/// Proxies whose word about the address of a client is believed.
struct TrustedProxies {
  std::vector<Network> networks;
  ProxyField field = ProxyField::xForwardedFor;

  bool contains(const IpAddress& address) const;
};

/// Who sent a request: the peer of the connection, or, as long as the one who says so is a trusted proxy, the
/// one before it, so the rightmost hop that is not trusted. What stands left of that one was written by
/// strangers and is not looked at. A hop without an address (`unknown`, an obfuscated identifier, a typing
/// error) is counted as the proxy that named it. Looks at the last 64 hops.
IpAddress clientAddress(const IpAddress& peer, const Headers& headers, const TrustedProxies& proxies);

}  // namespace tigress::admission
