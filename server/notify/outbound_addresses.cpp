#include "server/notify/outbound_addresses.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tigress::notify {
namespace {

constexpr std::string_view kNotPublic[] = {
    "0.0.0.0/8",         // this network
    "10.0.0.0/8",        // private
    "100.64.0.0/10",     // shared by a provider's customers, and a cloud's metadata
    "127.0.0.0/8",       // loopback
    "168.63.129.16/32",  // a cloud's metadata
    "169.254.0.0/16",    // link-local, and most clouds' metadata
    "172.16.0.0/12",     // private
    "192.0.0.0/24",      // protocol assignments
    "192.0.2.0/24",      // documentation
    "192.88.99.0/24",    // 6to4 relays
    "192.168.0.0/16",    // private
    "198.18.0.0/15",     // benchmarks
    "198.51.100.0/24",   // documentation
    "203.0.113.0/24",    // documentation
    "224.0.0.0/4",       // multicast
    "240.0.0.0/4",       // reserved, broadcast
    "2001::/23",         // protocol assignments, Teredo among them
    "2001:db8::/32",     // documentation
    "2002::/16",         // 6to4
    "3fff::/20",         // documentation
};

// All that is given out of IPv6; the rest of it is loopback, link-local, ULA, translations (64:ff9b::/96) …
constexpr std::string_view kGlobalUnicast = "2000::/3";

std::vector<Network> networks() {
  std::vector<Network> list;
  for (const std::string_view text : kNotPublic) list.push_back(*Network::parse(text));
  return list;
}

}  // namespace

bool isPublic(const IpAddress& address) {
  static const Network kGlobal = *Network::parse(kGlobalUnicast);
  static const std::vector<Network> kExcluded = networks();
  if (!address.isV4() && !kGlobal.contains(address)) return false;
  return std::none_of(kExcluded.begin(), kExcluded.end(),
                      [&](const Network& network) { return network.contains(address); });
}

}  // namespace tigress::notify
