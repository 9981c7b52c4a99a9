#include "tigress/share_url.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base64.h"
#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress {
namespace {

constexpr std::string_view kPlainScheme = "dav+";
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
  constexpr ByteSet kNameBytes = kAlphanumeric | ByteSet("-.");
  return !host.empty() && kNameBytes.hasAll(host);
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

constexpr std::string_view kVersion = "/v1/";
constexpr std::string_view kMailbox = "/v1/m/";
constexpr std::string_view kDocument = "/share.json";

// `/v1/`, `/v2/` and so on, and all below: the address space of relays.
bool isOfRelays(std::string_view path) {
  if (!startsWith(path, "/v")) return false;
  const std::string_view number = path.substr(2, path.find('/', 2) - 2);
  return !number.empty() && std::all_of(number.begin(), number.end(), isDigit);
}

// What may stand in a path beside letters and digits, and encoded bytes (RFC 3986 section 3.3).
constexpr std::string_view kPathMarks = "-._~!$&'()*+,;=:@%/";
constexpr ByteSet kPathBytes = kAlphanumeric | ByteSet(kPathMarks);

// A path from slash to slash that nobody can read in two ways.
bool isFolder(std::string_view path) {
  if (path == "/") return true;
  if (path.size() < 3 || path.front() != '/' || path.back() != '/') return false;
  if (!kPathBytes.hasAll(path)) return false;
  const auto segments = split(path.substr(1, path.size() - 2), '/');
  return std::all_of(segments.begin(), segments.end(), [](std::string_view segment) {
    const auto name = percentDecode(segment);
    return name && !name->empty() && *name != "." && *name != ".." &&
           std::none_of(name->begin(), name->end(), [](char c) {
             return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 0x7F;
           });
  });
}

// A path as people write it: what cannot stand in one is encoded, a slash is put at its end.
std::string folderOf(std::string_view path) {
  std::string folder = percentEncode(path, kPathMarks);
  if (folder.empty() || folder.back() != '/') folder += '/';
  return folder;
}

// The dialect, identifier and folder in a path; nothing if it is of no share.
std::optional<ShareUrl> parsePath(std::string_view path) {
  ShareUrl url{};
  std::string_view rest = path;
  if (startsWith(path, kMailbox)) {
    url.dialect = ShareUrl::Dialect::mailbox;
    rest.remove_prefix(kMailbox.size());
  } else {
    if (path.size() < kDocument.size() || path.substr(path.size() - kDocument.size()) != kDocument) {
      return std::nullopt;
    }
    rest.remove_suffix(kDocument.size());
    const std::string_view folder = rest.substr(0, rest.rfind('/') + 1);
    rest.remove_prefix(folder.size());
    if (folder != kVersion) {
      if (isOfRelays(folder) || !isFolder(folder)) return std::nullopt;
      url.dialect = ShareUrl::Dialect::folder;
      url.folder = folder;
    }
  }
  const auto id = Uuid::parse(rest);
  if (!id) return std::nullopt;
  url.id = *id;
  return url;
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

std::string ShareUrl::collection() const {
  return origin + (dialect == Dialect::folder ? folder : std::string(kVersion)) + id.toString() + "/";
}

std::string ShareUrl::document() const {
  return collection() + "share.json";
}

std::string ShareUrl::toString() const {
  const std::string address =
      dialect == Dialect::mailbox ? origin + std::string(kMailbox) + id.toString() : document();
  return address + "?v=" + letterOf(vertical);
}

std::string SharePlace::toString() const {
  if (isRelay()) return origin;
  const std::size_t host = origin.find("://") + 3;
  const std::string name = user.empty() ? user : percentEncode(user) + "@";
  return std::string(kPlainScheme) + origin.substr(0, host) + name + origin.substr(host) + folder;
}

Result<std::string> parseOrigin(std::string_view url) {
  auto parts = splitUrl(url);
  if (!parts) return parts.error();
  const bool bare =
      parts->path.empty() || parts->path == "/" || parts->path == "/v1" || parts->path == "/v1/";
  if (!bare || !parts->query.empty()) {
    return ParseError{
        "expected the address of a relay without a path, as https://relay.example; a folder of a WebDAV "
        "server is given as dav+https://dav.example/folder/"};
  }
  return std::move(parts->origin);
}

Result<SharePlace> parsePlace(std::string_view url) {
  url = withoutSpace(url);
  if (!equalsIgnoreCase(url.substr(0, kPlainScheme.size()), kPlainScheme)) {
    auto origin = parseOrigin(url);
    if (!origin) return origin.error();
    return SharePlace{*std::move(origin)};
  }
  std::string address(url.substr(kPlainScheme.size()));
  SharePlace place;
  const std::size_t colon = address.find("://");
  const std::size_t host = colon == std::string::npos ? 0 : colon + 3;
  const std::size_t at = address.substr(0, address.find_first_of("/?#", host)).rfind('@');
  if (at != std::string::npos && at >= host) {
    const std::string_view user = std::string_view(address).substr(host, at - host);
    if (user.find(':') != std::string_view::npos) {
      return ParseError{"a password does not belong in a URL: others can read it there"};
    }
    const auto name = percentDecode(user);
    if (!name || name->empty() || !isUtf8(*name) || name->find_first_of(":\r\n") != std::string::npos) {
      return ParseError{"the user name in the URL cannot be read"};
    }
    place.user = *name;
    address.erase(host, at + 1 - host);
  }
  auto parts = splitUrl(address);
  if (!parts) return parts.error();
  place.origin = std::move(parts->origin);
  place.folder = folderOf(parts->path);
  if (!isFolder(place.folder) || !parts->query.empty() || address.find('#') != std::string::npos) {
    return ParseError{"expected the address of a folder, as dav+https://dav.example/shares/"};
  }
  if (isOfRelays(place.folder)) {
    return ParseError{"links into this folder would lead to a relay: choose one with another name"};
  }
  return place;
}

Result<ShareUrl> parseShareUrl(std::string_view link) {
  auto parts = splitUrl(link);
  if (!parts) return parts.error();
  auto url = parsePath(parts->path);
  if (!url) return ParseError{"this is not a share link: " + std::string(kExpected)};
  url->origin = std::move(parts->origin);
  if (const auto letter = queryParameter(parts->query, "v")) url->vertical = verticalOf(*letter);
  return *std::move(url);
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
  constexpr ByteSet kSecretBytes = kAlphanumeric | ByteSet("+/-_");
  while (!text.empty() && !kSecretBytes.has(text.back())) text.pop_back();
  for (char& c : text) {
    if (c == ' ' || c == '-') c = '+';
    if (c == '_') c = '/';
  }
  // The decoder also refuses a last character whose spare bits are set: a cut or mistyped link.
  if ((text.size() != 22 && text.size() != 43) || !base64Decode(text)) return incomplete;
  return std::move(text);
}

}  // namespace tigress
