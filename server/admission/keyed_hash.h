#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tigress/random.h"

namespace tigress::admission {

/// SipHash-2-4 under a random key: what it gives for an address can be neither foretold nor turned back by
/// whoever does not have the key.
class KeyedHash {
 public:
  explicit KeyedHash(const RandomSource& random);
  explicit KeyedHash(const std::array<std::uint64_t, 2>& key) : key_(key) {}

  std::uint64_t operator()(std::string_view bytes) const;

 private:
  std::array<std::uint64_t, 2> key_;
};

}  // namespace tigress::admission
