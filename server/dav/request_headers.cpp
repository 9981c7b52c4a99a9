#include "server/dav/request_headers.h"

#include <algorithm>

#include "common/text.h"

namespace tigress::dav {

std::optional<Depth> parseDepth(std::string_view text) {
  text = trimmed(text);
  if (text == "0") return Depth::zero;
  if (text == "1") return Depth::one;
  if (equalsIgnoreCase(text, "infinity")) return Depth::infinity;
  return std::nullopt;
}

std::optional<std::chrono::seconds> parseTimeout(std::string_view text) {
  constexpr std::string_view kSecond = "Second-";
  for (const std::string_view type : split(text, ',')) {
    if (equalsIgnoreCase(type, "Infinite")) return std::chrono::seconds::max();
    if (!equalsIgnoreCase(type.substr(0, kSecond.size()), kSecond)) continue;
    // RFC 4918 section 10.7: at most 2^32-1.
    if (const auto seconds = parseUnsigned(type.substr(kSecond.size()), 0xFFFFFFFFU)) {
      return std::chrono::seconds(*seconds);
    }
  }
  return std::nullopt;
}

std::optional<std::string> parseLockToken(std::string_view text) {
  text = trimmed(text);
  const bool coded = text.size() > 2 && text.front() == '<' && text.back() == '>';
  if (coded) text = text.substr(1, text.size() - 2);
  if (text.find(':') == std::string_view::npos || text.find_first_of("<> \t\"") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text);
}

RangeRequest parseRange(std::string_view text, std::size_t size) {
  constexpr RangeRequest kWhole{RangeRequest::Kind::whole, {}};
  constexpr RangeRequest kUnsatisfiable{RangeRequest::Kind::unsatisfiable, {}};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || !equalsIgnoreCase(trimmed(text.substr(0, equals)), "bytes"))
    return kWhole;
  const std::string_view spec = trimmed(text.substr(equals + 1));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kWhole;
  const std::string_view from = spec.substr(0, dash);
  const std::string_view to = spec.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = parseUnsigned(to);
    if (!suffix) return kWhole;
    if (*suffix == 0 || size == 0) return kUnsatisfiable;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(*suffix, size));
    return {RangeRequest::Kind::part, {size - length, size - 1}};
  }
  const auto first = parseUnsigned(from);
  const auto last = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : parseUnsigned(to);
  if (!first || !last || *last < *first) return kWhole;
  if (*first >= size) return kUnsatisfiable;
  return {
      RangeRequest::Kind::part,
      {static_cast<std::size_t>(*first), static_cast<std::size_t>(std::min<std::uint64_t>(*last, size - 1))}};
}

std::optional<std::chrono::seconds> parsePreferWait(std::string_view text, std::chrono::seconds longest) {
  for (const std::string_view preference : split(text, ',')) {
    // Parameters after a semicolon do not change what is preferred.
    const std::string_view pair = trimmed(preference.substr(0, preference.find(';')));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !equalsIgnoreCase(trimmed(pair.substr(0, equals)), "wait"))
      continue;
    if (const auto seconds = parseUnsigned(trimmed(pair.substr(equals + 1)), 0xFFFFFFFFU)) {
      return std::min(std::chrono::seconds(*seconds), longest);
    }
  }
  return std::nullopt;
}

}  // namespace tigress::dav
