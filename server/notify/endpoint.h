#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tigress::notify {

/// Where an https URL leads.
struct Endpoint {
  std::string host;  ///< a DNS name in lower case
  std::uint16_t port = 443;
  std::string origin;  ///< `https://host`, with the port if it is not 443 (RFC 6454 section 6.2)

  /// Nothing unless it is https with a DNS name as its host: no address in any spelling, no user, no
  /// fragment, visible ASCII only.
  static std::optional<Endpoint> parse(std::string_view url);
};

/// What an operator lets pushes of one type be sent to.
struct EndpointRules {
  std::vector<std::string> hosts;    ///< `push.example`, `*.push.example` (names below it) or `*`
  std::vector<std::uint16_t> ports;  ///< empty: all

  bool allow(const Endpoint& endpoint) const;
};

/// Whether it is an entry of `EndpointRules::hosts`.
bool isHostPattern(std::string_view text);

}  // namespace tigress::notify
