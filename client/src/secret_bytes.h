#pragma once

#include <string_view>

#include "tigress/secret.h"

namespace tigress::client {

/// The raw key, for the ciphers of this library and nobody else: this header is not installed.
class SecretBytes {
 public:
  /// A view that ends with the Secret.
  static std::string_view of(const Secret& secret) {
    return {secret.bytes_.data(), static_cast<std::size_t>(secret.size_)};
  }
};

}  // namespace tigress::client
