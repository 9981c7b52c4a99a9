#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tigress::preview {

/// SHA-256 (FIPS 180-4): 32 raw bytes. Injected, since this room knows no cryptographic library. Called
/// by any thread at once.
using Sha256 = std::function<std::string(std::string_view)>;

/// The first 16 bytes of the digest as 32 lower-case hexadecimal digits: a name for content.
std::string contentName(const Sha256& sha256, std::string_view content);

}  // namespace tigress::preview
