#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tigress {

/// RFC 4648 section 4, with padding.
std::string base64Encode(std::string_view bytes);
/// RFC 4648 section 5, without padding.
std::string base64UrlEncode(std::string_view bytes);

/// The bytes of standard base64. Padding may be left out but must be right if present; any other
/// character, white space and non-zero trailing bits are refused (RFC 4648 sections 3.3, 3.5).
std::optional<std::string> base64Decode(std::string_view text);
/// The same for the URL-safe alphabet.
std::optional<std::string> base64UrlDecode(std::string_view text);
/// How many characters at the beginning are of the standard alphabet, or padding.
std::size_t base64Prefix(std::string_view text);

}  // namespace tigress
