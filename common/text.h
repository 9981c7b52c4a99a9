#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tigress {

/// ASCII only, whatever the locale: protocol words are ASCII.
std::string asciiLower(std::string_view text);
bool equalsIgnoreCase(std::string_view a, std::string_view b);
bool startsWith(std::string_view text, std::string_view prefix);

/// Without the blanks and tabs at both ends (OWS, RFC 9110 section 5.6.3).
std::string_view trimmed(std::string_view text);
/// The parts between separators, each trimmed; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A decimal number of digits only, at most `limit`; nothing for a sign, a blank, an overflow or an empty
/// text.
std::optional<std::uint64_t> parseUnsigned(std::string_view text, std::uint64_t limit = UINT64_MAX);

/// The value of one hexadecimal digit in either case; -1 for any other character.
int hexValue(char c);

/// Whether the bytes are UTF-8 without overlong forms or surrogates (RFC 3629 section 4).
bool isUtf8(std::string_view bytes);

/// A token of RFC 9110 section 5.6.2: a method, a field name.
bool isToken(std::string_view text);

}  // namespace tigress
