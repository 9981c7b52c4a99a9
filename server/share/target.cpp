#include "server/share/target.h"

#include <algorithm>
#include <array>

#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress::share {
namespace {

enum class Spelling { good, malformed, evasive };

// Decodes what may be decoded; says if the rest is broken or would be a second spelling of something.
Spelling normalise(std::string_view path, std::string& out) {
  constexpr ByteSet kPlain = ByteSet::range('!', '$') | ByteSet::range('&', '[') | ByteSet::range(']', '~');
  out.reserve(path.size());
  while (!path.empty()) {
    const auto odd = std::find_if_not(path.begin(), path.end(), [&](char c) { return kPlain.has(c); });
    out.append(path.begin(), odd);
    path.remove_prefix(static_cast<std::size_t>(odd - path.begin()));
    if (path.empty()) break;
    const auto decoded = path.front() == '%' ? percentDecode(path.substr(0, 3)) : std::nullopt;
    if (!decoded) return Spelling::malformed;
    if (!kUnreserved.has(decoded->front())) return Spelling::evasive;
    out += *decoded;
    path.remove_prefix(3);
  }
  return Spelling::good;
}

// What stands between the slashes of a path.
struct Segments {
  std::array<std::string_view, 4> first;  // no share's path has more
  std::size_t count = 0;
  bool odd = false;  // one is a dot segment, or empty without being the last

  explicit Segments(std::string_view path) {
    for (std::size_t begin = 1; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string_view segment = path.substr(begin, end - begin);
      if (count < first.size()) first[count] = segment;
      ++count;
      odd = odd || segment == "." || segment == ".." || (segment.empty() && end < path.size());
      begin = end + 1;
    }
  }
};

// A UUID is one in any case, but an identifier has one spelling.
bool hasUpperCase(std::string_view path) {
  return std::any_of(path.begin(), path.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Target::Kind kindOf(const Segments& path, Uuid& id, Uuid& registration) {
  constexpr std::string_view kDocument = "share.json";
  constexpr std::string_view kMailbox = "m";
  constexpr std::string_view kPush = "push";
  if (path.odd) return Target::Kind::nowhere;
  const auto& segments = path.first;
  if (path.count == 1 && segments[0].empty()) return Target::Kind::root;
  if (segments[0] != "v1") return Target::Kind::file;
  if (path.count == 1 || (path.count == 2 && segments[1].empty())) return Target::Kind::factory;
  if (path.count == 2 && segments[1] == kDocument) return Target::Kind::newDocument;
  if (path.count == 4 && segments[2] == kPush) {
    const auto share = Uuid::parse(segments[1]);
    const auto named = Uuid::parse(segments[3]);
    if (!share || !named) return Target::Kind::nowhere;
    id = *share;
    registration = *named;
    return Target::Kind::registration;
  }
  if (path.count > 3) return Target::Kind::nowhere;
  if (segments[1] == kMailbox) {
    if (path.count == 2 || segments[2].empty()) return Target::Kind::mailboxes;
    const auto named = Uuid::parse(segments[2]);
    if (!named) return Target::Kind::nowhere;
    id = *named;
    return Target::Kind::mailbox;
  }
  const bool bare = path.count == 2 || segments[2].empty();
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
  target.kind = kindOf(Segments(target.path), target.id, target.registration);
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
