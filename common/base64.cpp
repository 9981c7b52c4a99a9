#include "common/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/text.h"

namespace tigress {
namespace {

using Alphabet = std::string_view;
constexpr Alphabet kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Alphabet kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverseOf(Alphabet alphabet) {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr auto kFromStandard = reverseOf(kStandard);
constexpr auto kFromUrlSafe = reverseOf(kUrlSafe);

std::string encode(std::string_view bytes, Alphabet alphabet, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6;) {
      held -= 6;
      text += alphabet[(bits >> held) & 63U];
    }
  }
  if (held > 0) text += alphabet[(bits << (6 - held)) & 63U];
  while (pad && text.size() % 4 != 0) text += '=';
  return text;
}

std::optional<std::string> decode(std::string_view text, const std::array<std::int8_t, 256>& reverse) {
  const bool padded = !text.empty() && text.back() == '=';
  if (padded && text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1 || (padded && text.size() % 4 == 0)) return std::nullopt;
  const auto valueOf = [&](char c) { return reverse[static_cast<unsigned char>(c)]; };
  std::string bytes(text.size() * 3 / 4, '\0');
  char* next = bytes.data();
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const int a = valueOf(text[0]);
    const int b = valueOf(text[1]);
    const int c = valueOf(text[2]);
    const int d = valueOf(text[3]);
    if ((a | b | c | d) < 0) return std::nullopt;
    *next++ = static_cast<char>((a << 2) | (b >> 4));
    *next++ = static_cast<char>((b << 4) | (c >> 2));
    *next++ = static_cast<char>((c << 6) | d);
  }
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = valueOf(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      *next++ = static_cast<char>((bits >> held) & 255U);
    }
  }
  if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string base64Encode(std::string_view bytes) {
  return encode(bytes, kStandard, true);
}

std::string base64UrlEncode(std::string_view bytes) {
  return encode(bytes, kUrlSafe, false);
}

std::optional<std::string> base64Decode(std::string_view text) {
  return decode(text, kFromStandard);
}

std::optional<std::string> base64UrlDecode(std::string_view text) {
  return decode(text, kFromUrlSafe);
}

std::size_t base64Prefix(std::string_view text) {
  constexpr ByteSet kBytes = kAlphanumeric | ByteSet("+/=");
  const auto end = std::find_if_not(text.begin(), text.end(), [&](char c) { return kBytes.has(c); });
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace tigress
