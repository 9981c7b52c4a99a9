#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tigress::admission {

/// One element of DER (ITU-T X.690), a view into bytes that outlive it.
struct Der {
  /// Class and number of the tag: `kSequence`, or one of a context by contextTag().
  std::uint32_t tag = 0;
  std::string_view content;

  static constexpr std::uint32_t kInteger = 2;
  static constexpr std::uint32_t kOctetString = 4;
  static constexpr std::uint32_t kEnumerated = 10;
  static constexpr std::uint32_t kSequence = 16;
  static constexpr std::uint32_t kSet = 17;
  static constexpr std::uint32_t contextTag(std::uint32_t number) { return 0x80000000U | number; }

  /// Takes the first element off the front of `bytes`; nothing if there is none or it is malformed.
  static std::optional<Der> take(std::string_view& bytes);
  /// The same, if it has that tag; else nothing is taken.
  static std::optional<std::string_view> take(std::string_view& bytes, std::uint32_t tag);
  /// What is in the one element of that tag that the bytes are.
  static std::optional<std::string_view> only(std::string_view bytes, std::uint32_t tag);
};

/// The value of an INTEGER's or ENUMERATED's content, if it is not negative and not large.
std::optional<std::uint32_t> derNumber(std::string_view content);

}  // namespace tigress::admission
