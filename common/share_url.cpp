#include "tigress/share_url.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base64.h"
#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress {
namespace {

constexpr std::string_view kExpected = "expected https://HOST/v1/IDENTIFIER/share.json#SECRET";

struct Letter {
  Vertical vertical;
  char letter;
};
constexpr std::array<Letter, 3> kLetters = {
    {{Vertical::general, 'a'}, {Vertical::home, 'h'}, {Vertical::car, 'c'}}};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isAlphanumeric(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view withoutSpace(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Only the four-number form counts: "127.example" and "127.1" are other people's names.
bool isLoopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const auto numbers = split(host, '.');
  return numbers.size() == 4 && numbers.front() == "127" &&
         std::all_of(numbers.begin(), numbers.end(),
                     [](std::string_view number) { return parseUnsigned(number, 255).has_value(); });
}

bool isHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(),
                                      [](char c) { return isAlphanumeric(c) || c == '-' || c == '.'; });
}

struct SplitUrl {
  std::string origin;
  std::string_view path;
  std::string_view query;
};

Result<SplitUrl> splitUrl(std::string_view url) {
  url = withoutSpace(url);
  url = url.substr(0, url.find('#'));
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return ParseError{"this is not a URL: " + std::string(kExpected)};
  const std::string scheme = asciiLower(url.substr(0, colon));
  url.remove_prefix(colon + 3);

  const std::string authority = asciiLower(url.substr(0, url.find_first_of("/?")));
  url.remove_prefix(authority.size());
  const std::size_t portColon =
      authority.find(':', authority.find(']') == std::string::npos ? 0 : authority.find(']'));
  const std::string host = authority.substr(0, portColon);
  if (!isHost(host)) return ParseError{"the URL has no plain host name: " + std::string(kExpected)};
  if (scheme != "https" && !(scheme == "http" && isLoopback(host))) {
    return ParseError{"a share travels by https only; http is for a relay on this machine"};
  }

  std::string origin = scheme + "://" + host;
  if (portColon != std::string::npos) {
    const auto port = parseUnsigned(std::string_view(authority).substr(portColon + 1), 65535);
    if (!port || *port == 0) return ParseError{"the port of the URL must be a number from 1 to 65535"};
    if (*port != (scheme == "https" ? 443U : 80U)) origin += ":" + std::to_string(*port);
  }
  const std::size_t question = std::min(url.find('?'), url.size());
  const std::string_view query = url.substr(question);
  return SplitUrl{std::move(origin), url.substr(0, question), query.empty() ? query : query.substr(1)};
}

// `/v1/{id}/share.json` or `/v1/m/{id}`.
std::optional<std::pair<ShareUrl::Dialect, Uuid>> parsePath(std::string_view path) {
  constexpr std::string_view kVersion = "/v1/";
  constexpr std::string_view kMailbox = "m/";
  constexpr std::string_view kDocument = "/share.json";
  constexpr std::size_t kIdLength = 36;
  if (!startsWith(path, kVersion)) return std::nullopt;
  path.remove_prefix(kVersion.size());
  auto dialect = ShareUrl::Dialect::webdav;
  if (startsWith(path, kMailbox)) {
    dialect = ShareUrl::Dialect::mailbox;
    path.remove_prefix(kMailbox.size());
  }
  const auto id = Uuid::parse(path.substr(0, kIdLength));
  const std::string_view rest = path.substr(std::min(kIdLength, path.size()));
  if (!id || rest != (dialect == ShareUrl::Dialect::webdav ? kDocument : std::string_view()))
    return std::nullopt;
  return std::pair(dialect, *id);
}

}  // namespace

char letterOf(Vertical vertical) {
  const auto* row = std::find_if(kLetters.begin(), kLetters.end(),
                                 [&](const Letter& letter) { return letter.vertical == vertical; });
  return row == kLetters.end() ? 'a' : row->letter;
}

Vertical verticalOf(std::string_view letter) {
  for (const auto& [vertical, known] : kLetters) {
    if (letter == std::string_view(&known, 1)) return vertical;
  }
  return Vertical::general;
}

std::string ShareUrl::document() const {
  return origin + "/v1/" + id.toString() + "/share.json";
}

std::string ShareUrl::collection() const {
  return origin + "/v1/" + id.toString() + "/";
}

std::string ShareUrl::toString() const {
  const std::string address = dialect == Dialect::webdav ? document() : origin + "/v1/m/" + id.toString();
  return address + "?v=" + letterOf(vertical);
}

Result<std::string> parseOrigin(std::string_view url) {
  auto parts = splitUrl(url);
  if (!parts) return parts.error();
  const bool bare =
      parts->path.empty() || parts->path == "/" || parts->path == "/v1" || parts->path == "/v1/";
  if (!bare || !parts->query.empty()) {
    return ParseError{"expected the address of a relay without a path, as https://relay.example"};
  }
  return std::move(parts->origin);
}

Result<ShareUrl> parseShareUrl(std::string_view link) {
  auto parts = splitUrl(link);
  if (!parts) return parts.error();
  const auto place = parsePath(parts->path);
  if (!place) return ParseError{"this is not a share link: " + std::string(kExpected)};
  ShareUrl url{std::move(parts->origin), place->second, place->first, Vertical::general};
  if (const auto letter = queryParameter(parts->query, "v")) url.vertical = verticalOf(*letter);
  return url;
}

std::string_view fragmentOf(std::string_view link) {
  const std::size_t hash = link.find('#');
  return hash == std::string_view::npos ? std::string_view() : link.substr(hash + 1);
}

Result<std::string> repairFragment(std::string_view fragment) {
  const ParseError incomplete{
      "the link is incomplete: behind its # must stand a secret of 22 or 43 letters and digits"};
  auto decoded = percentDecode(fragment);
  if (!decoded) return incomplete;
  std::string& text = *decoded;
  const auto belongs = [](char c) {
    return isAlphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_';
  };
  while (!text.empty() && !belongs(text.back())) text.pop_back();
  for (char& c : text) {
    if (c == ' ' || c == '-') c = '+';
    if (c == '_') c = '/';
  }
  // The decoder also refuses a last character whose spare bits are set: a cut or mistyped link.
  if ((text.size() != 22 && text.size() != 43) || !base64Decode(text)) return incomplete;
  return std::move(text);
}

}  // namespace tigress
