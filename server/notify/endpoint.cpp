#include "server/notify/endpoint.h"

#include <algorithm>

#include "common/text.h"

namespace tigress::notify {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool isLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool isLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), isLabelCharacter);
}

// A name that ends in a number is read as an address by somebody: 127.1, 0x7f000001, 2130706433, 0177.0.0.1.
bool looksLikeAddress(std::string_view last) {
  if (last.substr(0, 2) == "0x") return true;
  return std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isHostName(std::string_view host) {
  if (host.empty() || host.size() > kLongestName) return false;
  const auto labels = split(host, '.');
  return std::all_of(labels.begin(), labels.end(), isLabel) && !looksLikeAddress(labels.back());
}

bool matches(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!startsWith(pattern, "*.")) return pattern == host;
  const std::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && host.substr(host.size() - suffix.size()) == suffix;
}

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view url) {
  if (!startsWith(url, kScheme)) return std::nullopt;
  const auto visible = [](char c) { return c > ' ' && c < '\x7F' && c != '\\' && c != '#'; };
  if (!std::all_of(url.begin(), url.end(), visible)) return std::nullopt;
  std::string_view authority = url.substr(kScheme.size());
  authority = authority.substr(0, authority.find_first_of("/?"));
  Endpoint endpoint;
  const std::size_t colon = authority.find(':');
  endpoint.host = asciiLower(authority.substr(0, colon));
  if (!isHostName(endpoint.host)) return std::nullopt;
  endpoint.origin = std::string(kScheme) + endpoint.host;
  if (colon != std::string_view::npos) {
    const auto port = parseUnsigned(authority.substr(colon + 1), 65535);
    if (!port || *port == 0) return std::nullopt;
    endpoint.port = static_cast<std::uint16_t>(*port);
    if (*port != 443) endpoint.origin += ":" + std::to_string(*port);
  }
  return endpoint;
}

bool EndpointRules::allow(const Endpoint& endpoint) const {
  const bool port = ports.empty() || std::find(ports.begin(), ports.end(), endpoint.port) != ports.end();
  return port && std::any_of(hosts.begin(), hosts.end(),
                             [&](const std::string& pattern) { return matches(pattern, endpoint.host); });
}

bool isHostPattern(std::string_view text) {
  if (text == "*") return true;
  return isHostName(startsWith(text, "*.") ? text.substr(2) : text);
}

}  // namespace tigress::notify
