#include "server/admission/der.h"

namespace tigress::admission {
namespace {

std::optional<unsigned> takeByte(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto byte = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  return byte;
}

// X.690 section 8.1.2: from 31 on a number stands behind the first byte, seven bits in each.
std::optional<std::uint32_t> takeTag(std::string_view& bytes) {
  const auto first = takeByte(bytes);
  if (!first) return std::nullopt;
  const unsigned tagClass = *first >> 6;
  if (tagClass == 1 || tagClass == 3) return std::nullopt;  // application, private: not here
  const std::uint32_t base = tagClass == 2 ? Der::contextTag(0) : 0;
  if ((*first & 31U) != 31) return base | (*first & 31U);
  std::uint32_t number = 0;
  for (int i = 0; i < 3; ++i) {
    const auto byte = takeByte(bytes);
    if (!byte) return std::nullopt;
    number = (number << 7) | (*byte & 127U);
    if (number == 0) return std::nullopt;
    if (*byte < 128) return number < 31 ? std::nullopt : std::optional(base | number);
  }
  return std::nullopt;
}

std::optional<std::size_t> takeLength(std::string_view& bytes) {
  const auto first = takeByte(bytes);
  if (!first) return std::nullopt;
  if (*first < 128) return *first;
  const unsigned count = *first - 128;
  if (count == 0 || count > 3) return std::nullopt;
  std::size_t length = 0;
  for (unsigned i = 0; i < count; ++i) {
    const auto byte = takeByte(bytes);
    if (!byte) return std::nullopt;
    length = (length << 8) | *byte;
  }
  const std::size_t least = count == 1 ? 128 : std::size_t{1} << (8 * (count - 1));
  return length < least ? std::nullopt : std::optional(length);
}

}  // namespace

std::optional<Der> Der::take(std::string_view& bytes) {
  std::string_view rest = bytes;
  const auto tag = takeTag(rest);
  const auto length = tag ? takeLength(rest) : std::nullopt;
  if (!length || *length > rest.size()) return std::nullopt;
  const Der element{*tag, rest.substr(0, *length)};
  bytes = rest.substr(*length);
  return element;
}

std::optional<std::string_view> Der::take(std::string_view& bytes, std::uint32_t tag) {
  std::string_view rest = bytes;
  const auto element = take(rest);
  if (!element || element->tag != tag) return std::nullopt;
  bytes = rest;
  return element->content;
}

std::optional<std::string_view> Der::only(std::string_view bytes, std::uint32_t tag) {
  const auto content = take(bytes, tag);
  return bytes.empty() ? content : std::nullopt;
}

std::optional<std::uint32_t> derNumber(std::string_view content) {
  if (content.empty() || content.size() > 4 || static_cast<signed char>(content.front()) < 0)
    return std::nullopt;
  std::uint32_t value = 0;
  for (const char byte : content) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace tigress::admission
