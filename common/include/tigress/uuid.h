#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/random.h"

namespace tigress {

/// A UUID (RFC 9562) by value, 16 bytes in network order. Share identifiers, device claims, request ids.
class TIGRESS_API Uuid {
 public:
  Uuid() = default;
  /// Version 4: 122 bits of `random`.
  static Uuid random(const RandomSource& random);
  /// The 8-4-4-4-12 form, either case, any version; nothing else.
  static std::optional<Uuid> parse(std::string_view text);
  /// The 16 bytes as `bytes()` gave them.
  static std::optional<Uuid> fromBytes(std::string_view bytes);

  /// 36 characters, lower case.
  std::string toString() const;
  /// A view of the 16 bytes; valid as long as this value.
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  friend bool operator==(const Uuid& a, const Uuid& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const Uuid& a, const Uuid& b) { return !(a == b); }
  friend bool operator<(const Uuid& a, const Uuid& b) { return a.bytes_ < b.bytes_; }

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// For unordered containers. Identifiers are random, so the first bytes are hash enough.
struct TIGRESS_API UuidHash {
  std::size_t operator()(const Uuid& id) const;
};

}  // namespace tigress
