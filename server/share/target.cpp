#include "server/share/target.h"

#include <algorithm>
#include <vector>

#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress::share {
namespace {

bool isUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

enum class Spelling { good, malformed, evasive };

bool isPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F && c != '\\' && c != '%';
}

// Decodes what may be decoded; says if the rest is broken or would be a second spelling of something.
Spelling normalise(std::string_view path, std::string& out) {
  out.reserve(path.size());
  while (!path.empty()) {
    const auto odd = std::find_if_not(path.begin(), path.end(), isPlain);
    out.append(path.begin(), odd);
    path.remove_prefix(static_cast<std::size_t>(odd - path.begin()));
    if (path.empty()) break;
    const auto decoded = path.front() == '%' ? percentDecode(path.substr(0, 3)) : std::nullopt;
    if (!decoded) return Spelling::malformed;
    if (!isUnreserved(decoded->front())) return Spelling::evasive;
    out += *decoded;
    path.remove_prefix(3);
  }
  return Spelling::good;
}

std::vector<std::string_view> segmentsOf(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(4);  // of a share's document there are three
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool hasOddSegment(const std::vector<std::string_view>& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "." || segments[i] == ".." || (segments[i].empty() && !last)) return true;
  }
  return false;
}

// A UUID is one in any case, but an identifier has one spelling.
bool hasUpperCase(std::string_view path) {
  return std::any_of(path.begin(), path.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Target::Kind kindOf(const std::vector<std::string_view>& segments, Uuid& id, Uuid& registration) {
  constexpr std::string_view kDocument = "share.json";
  constexpr std::string_view kMailbox = "m";
  constexpr std::string_view kPush = "push";
  if (segments.size() == 1 && segments[0].empty()) return Target::Kind::root;
  if (segments[0] != "v1") return Target::Kind::file;
  if (segments.size() == 1 || (segments.size() == 2 && segments[1].empty())) return Target::Kind::factory;
  if (segments.size() == 2 && segments[1] == kDocument) return Target::Kind::newDocument;
  if (segments.size() == 4 && segments[2] == kPush) {
    const auto share = Uuid::parse(segments[1]);
    const auto named = Uuid::parse(segments[3]);
    if (!share || !named) return Target::Kind::nowhere;
    id = *share;
    registration = *named;
    return Target::Kind::registration;
  }
  if (segments.size() > 3) return Target::Kind::nowhere;
  if (segments[1] == kMailbox) {
    if (segments.size() == 2 || segments[2].empty()) return Target::Kind::mailboxes;
    const auto named = Uuid::parse(segments[2]);
    if (!named) return Target::Kind::nowhere;
    id = *named;
    return Target::Kind::mailbox;
  }
  const bool bare = segments.size() == 2 || segments[2].empty();
  const auto parsed = Uuid::parse(segments[1]);
  if (!parsed) return !bare && segments[2] == kDocument ? Target::Kind::newDocument : Target::Kind::nowhere;
  id = *parsed;
  if (bare) return Target::Kind::collection;
  return segments[2] == kDocument ? Target::Kind::document : Target::Kind::otherMember;
}

}  // namespace

std::optional<SplitUri> splitUri(std::string_view uri) {
  if (startsWith(uri, "/")) return SplitUri{{}, uri};
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  if (!equalsIgnoreCase(uri.substr(0, scheme), "http") && !equalsIgnoreCase(uri.substr(0, scheme), "https")) {
    return std::nullopt;
  }
  const std::string_view rest = uri.substr(scheme + 3);
  const std::size_t path = rest.find_first_of("/?");
  if (path == 0 || rest.empty()) return std::nullopt;
  if (path == std::string_view::npos) return SplitUri{rest, "/"};
  // `http://host?query` has an empty path, which means `/` (RFC 9110 section 4.2.3).
  return SplitUri{rest.substr(0, path), rest[path] == '/' ? rest.substr(path) : std::string_view("/")};
}

Target parseTarget(std::string_view requestTarget) {
  Target target;
  target.kind = Target::Kind::malformed;
  if (requestTarget == "*") {
    target.kind = Target::Kind::root;
    target.path = "/";
    return target;
  }
  const auto split = splitUri(requestTarget);
  if (!split) return target;
  const std::size_t question = split->pathAndQuery.find('?');
  const std::string_view path = split->pathAndQuery.substr(0, question);
  if (question != std::string_view::npos) target.query = split->pathAndQuery.substr(question + 1);
  // A raw '#' never belongs into a request (RFC 9112 section 3.2): a client leaked its fragment.
  if (path.find('#') != std::string_view::npos || target.query.find('#') != std::string::npos) {
    target.query.clear();
    target.kind = Target::Kind::nowhere;
    return target;
  }
  switch (normalise(path, target.path)) {
    case Spelling::malformed:
      target.path.clear();
      return target;
    case Spelling::evasive:
      target.path.clear();
      target.kind = Target::Kind::nowhere;
      return target;
    case Spelling::good:
      break;
  }
  const auto segments = segmentsOf(target.path);
  target.kind =
      hasOddSegment(segments) ? Target::Kind::nowhere : kindOf(segments, target.id, target.registration);
  const bool member = target.kind == Target::Kind::otherMember;  // is called as it likes
  if (namesShare(target) && !member && hasUpperCase(target.path)) target.kind = Target::Kind::nowhere;
  return target;
}

bool namesShare(const Target& target) {
  switch (target.kind) {
    case Target::Kind::collection:
    case Target::Kind::document:
    case Target::Kind::otherMember:
    case Target::Kind::registration:
    case Target::Kind::mailbox:
      return true;
    case Target::Kind::malformed:
    case Target::Kind::nowhere:
    case Target::Kind::root:
    case Target::Kind::factory:
    case Target::Kind::newDocument:
    case Target::Kind::mailboxes:
    case Target::Kind::file:
      break;
  }
  return false;
}

}  // namespace tigress::share
