#include "tigress/uuid.h"

#include <cstring>

#include "common/text.h"

namespace tigress {
namespace {

bool isDashPosition(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

Uuid Uuid::random(const RandomSource& random) {
  Uuid id;
  random(id.bytes_.data(), id.bytes_.size());
  // RFC 9562 section 5.4: version 4 and the variant 10 in their fixed places.
  id.bytes_[6] = static_cast<std::uint8_t>((id.bytes_[6] & 0x0FU) | 0x40U);
  id.bytes_[8] = static_cast<std::uint8_t>((id.bytes_[8] & 0x3FU) | 0x80U);
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t at = 0;
  for (std::uint8_t& byte : id.bytes_) {
    if (isDashPosition(at) && text[at++] != '-') return std::nullopt;
    const int high = hexValue(text[at++]);
    const int low = hexValue(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

std::optional<Uuid> Uuid::fromBytes(std::string_view bytes) {
  Uuid id;
  if (bytes.size() != id.bytes_.size()) return std::nullopt;
  std::memcpy(id.bytes_.data(), bytes.data(), bytes.size());
  return id;
}

std::string Uuid::toString() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : bytes_) {
    if (isDashPosition(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::size_t UuidHash::operator()(const Uuid& id) const {
  std::size_t hash = 0;
  std::memcpy(&hash, id.bytes().data(), sizeof hash);
  return hash;
}

}  // namespace tigress
