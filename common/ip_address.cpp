#include "common/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "common/text.h"

namespace tigress {
namespace {

constexpr std::uint8_t kV4Prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int kV4Bits = 96;  // of the mapped prefix

// Four decimal numbers without zeros in front. By hand: each request is charged to an address, and inet_pton
// takes ten times as long.
bool readV4(std::string_view text, std::uint8_t* bytes) {
  std::size_t at = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == text.size() || text[at++] != '.')) return false;
    const std::size_t begin = at;
    int number = 0;
    for (; at < text.size() && at - begin < 3 && text[at] >= '0' && text[at] <= '9'; ++at) {
      number = number * 10 + (text[at] - '0');
    }
    if (at == begin || number > 255 || (text[begin] == '0' && at - begin > 1)) return false;
    bytes[i] = static_cast<std::uint8_t>(number);
  }
  return at == text.size();
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    std::copy(std::begin(kV4Prefix), std::end(kV4Prefix), address.bytes_.begin());
    if (!readV4(text, address.bytes_.data() + sizeof kV4Prefix)) return std::nullopt;
    return address;
  }
  if (text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  // Not Poco's: it knows no "::".
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.bytes_.data()) != 1) return std::nullopt;
  return address;
}

bool IpAddress::isV4() const {
  return std::memcmp(bytes_.data(), kV4Prefix, sizeof kV4Prefix) == 0;
}

bool IpAddress::isLoopback() const {
  static const Network kV4 = *Network::parse("127.0.0.0/8");
  static const Network kV6 = *Network::parse("::1");
  return kV4.contains(*this) || kV6.contains(*this);
}

IpAddress IpAddress::prefix(int bits) const {
  IpAddress result = *this;
  for (int i = 0; i < static_cast<int>(bytes_.size()); ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    result.bytes_[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xFF00 >> kept);
  }
  return result;
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network;
  if (slash != std::string_view::npos) {
    const bool dotted = text.find(':') == std::string_view::npos;
    const auto bits = parseUnsigned(text.substr(slash + 1), dotted ? 32 : 128);
    if (!bits) return std::nullopt;
    network.bits_ = static_cast<int>(*bits) + (dotted ? kV4Bits : 0);
  }
  network.first_ = address->prefix(network.bits_);
  return network;
}

IpAddress clientNetwork(const IpAddress& address) {
  return address.prefix(address.isV4() ? kV4Bits + 24 : 48);
}

}  // namespace tigress
