#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tigress {

/// An IP address by value, 16 bytes in network order. An IPv4 address is the IPv4-mapped IPv6 address
/// `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2), so that both spellings are one address.
class IpAddress {
 public:
  static constexpr int kBits = 128;

  /// `::`.
  IpAddress() = default;
  /// Dotted decimal (RFC 6943 section 3.1.1, strict) or RFC 4291 section 2.2; no port, no brackets, no zone.
  static std::optional<IpAddress> parse(std::string_view text);

  bool isV4() const;
  bool isLoopback() const;
  /// The address with all but its first `bits` bits (of 128) set to zero.
  IpAddress prefix(int bits) const;
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  friend bool operator==(const IpAddress& a, const IpAddress& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const IpAddress& a, const IpAddress& b) { return !(a == b); }

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// A range of addresses (RFC 4632).
class Network {
 public:
  /// `10.0.0.0/8`, `fd00::/8`, or a single address.
  static std::optional<Network> parse(std::string_view text);
  bool contains(const IpAddress& address) const { return address.prefix(bits_) == first_; }

  friend bool operator==(const Network& a, const Network& b) {
    return a.first_ == b.first_ && a.bits_ == b.bits_;
  }

 private:
  IpAddress first_;
  int bits_ = IpAddress::kBits;
};

/// What counts as one client: the address's /24 (IPv4) or /48 (IPv6), which is what a household or an office
/// is given at most. Whoever has one address of it can often have them all.
IpAddress clientNetwork(const IpAddress& address);

}  // namespace tigress
