#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// The small request headers of WebDAV and its neighbours, each as a pure function of its text.

namespace tigress::dav {

enum class Depth { zero, one, infinity };

/// RFC 4918 section 10.2, in any case. Nothing for any other text.
std::optional<Depth> parseDepth(std::string_view text);

/// The first TimeType of a Timeout header (RFC 4918 section 10.7): `std::chrono::seconds::max()` for
/// `Infinite`. Nothing if it does not parse: a server may ignore the header altogether.
std::optional<std::chrono::seconds> parseTimeout(std::string_view text);

/// The URI of a Lock-Token header (RFC 4918 section 10.5). Some clients leave out the angle brackets;
/// that cannot be taken for anything else, so it is read too.
std::optional<std::string> parseLockToken(std::string_view text);

/// One range of `bytes` (RFC 9110 section 14.1.2), cut to a content of `size` bytes.
struct ByteRange {
  std::size_t first;
  std::size_t last;  ///< inclusive
};
struct RangeRequest {
  enum class Kind {
    whole,  ///< no range, another unit, a syntax error, or several ranges: the whole content
    part,
    unsatisfiable,  ///< 416
  };
  Kind kind;
  ByteRange range;
};
RangeRequest parseRange(std::string_view text, std::size_t size);

/// `wait=N` of a Prefer header (RFC 7240 section 4.3), at most `longest`. Nothing if there is none.
std::optional<std::chrono::seconds> parsePreferWait(std::string_view text, std::chrono::seconds longest);

}  // namespace tigress::dav
