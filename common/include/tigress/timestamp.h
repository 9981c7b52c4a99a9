#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tigress/api.h"

namespace tigress {

/// Wall-clock time, UTC, in milliseconds. Always an argument of the protocol core, never read there.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using Clock = TimePoint (*)();

/// The machine's clock, for the roots that inject it.
TIGRESS_API TimePoint systemNow();

/// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section 5.6.7).
TIGRESS_API std::string formatHttpDate(TimePoint time);
/// All three forms a recipient must accept (RFC 9110 section 5.6.7); a two-digit year is read as 1970 to
/// 2069.
TIGRESS_API std::optional<TimePoint> parseHttpDate(std::string_view text);

/// "2026-11-21T08:49:37Z" (RFC 3339), whole seconds.
TIGRESS_API std::string formatRfc3339(TimePoint time);
/// Any offset and fraction of RFC 3339 section 5.6; the fraction is cut to milliseconds.
TIGRESS_API std::optional<TimePoint> parseRfc3339(std::string_view text);

}  // namespace tigress
