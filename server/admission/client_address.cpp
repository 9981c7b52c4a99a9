#include "server/admission/client_address.h"

#include <algorithm>
#include <string>

#include "common/text.h"

namespace tigress::admission {
namespace {

constexpr std::size_t kMostHops = 64;

bool isPort(std::string_view text) {
  // An obfuscated port is a word that begins with an underscore (RFC 7239 section 6.3).
  return parseUnsigned(text, 65535).has_value() || startsWith(text, "_");
}

// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
std::optional<IpAddress> readNode(std::string_view node) {
  if (startsWith(node, "[")) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = node.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !isPort(rest.substr(1)))) return std::nullopt;
    const std::string_view inner = node.substr(1, end - 1);
    return inner.find(':') == std::string_view::npos ? std::nullopt : IpAddress::parse(inner);
  }
  const std::size_t colon = node.find(':');
  const bool hasPort = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  if (!hasPort) return IpAddress::parse(node);
  return isPort(node.substr(colon + 1)) ? IpAddress::parse(node.substr(0, colon)) : std::nullopt;
}

using Hops = std::vector<std::optional<IpAddress>>;

Hops readForwardedFor(std::string_view list) {
  Hops hops;
  for (const std::string_view node : split(list, ',')) {
    if (!node.empty()) hops.push_back(readNode(node));
  }
  return hops;
}

// The parts between separators that stand outside quoted strings, each trimmed. Nothing if a quoted string
// does not end: then nobody can tell where the hops are.
std::optional<std::vector<std::string>> splitQuoted(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      parts.back() += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
  }
  if (quoted) return std::nullopt;
  for (std::string& part : parts) part = std::string(trimmed(part));
  return parts;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    value += text[i];
  }
  return value;
}

// The one `for` of a forwarded-element; a second one is a contradiction.
std::optional<IpAddress> readElement(std::string_view element) {
  std::optional<std::string> node;
  const auto pairs = splitQuoted(element, ';');
  if (!pairs) return std::nullopt;
  for (const std::string& pair : *pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || !equalsIgnoreCase(pair.substr(0, equals), "for")) continue;
    if (node) return std::nullopt;
    node = unquoted(std::string_view(pair).substr(equals + 1));
  }
  return node ? readNode(*node) : std::nullopt;
}

Hops readForwarded(std::string_view list) {
  Hops hops;
  const auto elements = splitQuoted(list, ',');
  if (!elements) return hops;
  for (const std::string& element : *elements) {
    if (!element.empty()) hops.push_back(readElement(element));
  }
  return hops;
}

}  // namespace

bool TrustedProxies::contains(const IpAddress& address) const {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

IpAddress clientAddress(const IpAddress& peer, const Headers& headers, const TrustedProxies& proxies) {
  if (!proxies.contains(peer)) return peer;
  const bool standard = proxies.field == ProxyField::forwarded;
  const auto list = headers.joined(standard ? "Forwarded" : "X-Forwarded-For");
  if (!list) return peer;
  const Hops hops = standard ? readForwarded(*list) : readForwardedFor(*list);
  IpAddress client = peer;
  std::size_t looked = 0;
  for (auto hop = hops.rbegin(); hop != hops.rend() && looked < kMostHops; ++hop, ++looked) {
    if (!*hop) break;
    client = **hop;
    if (!proxies.contains(client)) break;
  }
  return client;
}

}  // namespace tigress::admission
