#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tigress {

/// A set of bytes, to be made while compiling.
class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (const char byte : bytes) members_[static_cast<unsigned char>(byte)] = true;
  }
  /// From `first` to `last`, both of them, too.
  static constexpr ByteSet range(char first, char last) {
    ByteSet set("");
    for (auto i = static_cast<unsigned char>(first); i <= static_cast<unsigned char>(last); ++i) {
      set.members_[i] = true;
    }
    return set;
  }
  friend constexpr ByteSet operator|(ByteSet a, const ByteSet& b) {
    for (std::size_t i = 0; i < kBytes; ++i) a.members_[i] = a.members_[i] || b.members_[i];
    return a;
  }
  friend constexpr ByteSet operator~(ByteSet set) {
    for (std::size_t i = 0; i < kBytes; ++i) set.members_[i] = !set.members_[i];
    return set;
  }

  constexpr bool has(char byte) const { return members_[static_cast<unsigned char>(byte)]; }
  /// Whether the text has no other bytes.
  bool hasAll(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [&](char byte) { return has(byte); });
  }

 private:
  static constexpr std::size_t kBytes = 256;

  std::array<bool, kBytes> members_{};
};

inline constexpr ByteSet kAlphanumeric =
    ByteSet::range('0', '9') | ByteSet::range('A', 'Z') | ByteSet::range('a', 'z');
/// RFC 3986 section 2.3.
inline constexpr ByteSet kUnreserved = kAlphanumeric | ByteSet("-._~");

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

/// What hexValue gives, byte by byte.
inline constexpr std::array<signed char, 256> kHexValues = [] {
  std::array<signed char, 256> values{};
  for (signed char& value : values) value = -1;
  for (signed char i = 0; i < 16; ++i) {
    values[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
    values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = i;
  }
  return values;
}();

/// The value of one hexadecimal digit in either case; -1 for any other character.
constexpr int hexValue(char c) {
  return kHexValues[static_cast<unsigned char>(c)];
}

/// Whether the bytes are UTF-8 without overlong forms or surrogates (RFC 3629 section 4).
bool isUtf8(std::string_view bytes);

/// A token of RFC 9110 section 5.6.2: a method, a field name.
bool isToken(std::string_view text);

}  // namespace tigress
