#include "server/dav/if_header.h"

#include <algorithm>

#include "common/text.h"

namespace tigress::dav {
namespace {

bool isLetter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Begins like an absolute URI: with a scheme (RFC 3986 section 3.1).
bool hasScheme(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || !isLetter(uri.front())) return false;
  const std::string_view scheme = uri.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

// Simple-ref of RFC 4918 section 8.3: an absolute URI or an absolute path, which never begins with `//`.
bool isSimpleReference(std::string_view uri) {
  return hasScheme(uri) || (startsWith(uri, "/") && !startsWith(uri, "//"));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<IfHeader> run() {
    skipBlanks();
    const bool tagged = peek() == '<';
    while (!rest_.empty()) {
      std::string resource;
      if (tagged) {
        const auto uri = codedUri();
        if (!uri || !isSimpleReference(*uri)) {
          return ParseError{"expected <resource> before the lists of a tagged If header"};
        }
        resource = *uri;
        skipBlanks();
      }
      if (peek() != '(') return ParseError{"expected a list in parentheses in the If header"};
      while (peek() == '(') {
        if (auto error = list(resource)) return *error;
        skipBlanks();
      }
    }
    if (header_.lists.empty()) return ParseError{"the If header is empty"};
    return std::move(header_);
  }

 private:
  std::optional<ParseError> list(const std::string& resource) {
    take();  // (
    IfHeader::List result{resource, {}};
    for (;;) {
      skipBlanks();
      if (peek() == ')') break;
      auto next = condition();
      if (!next) return next.error();
      result.conditions.push_back(std::move(*next));
    }
    take();  // )
    if (result.conditions.empty()) return ParseError{"a list of the If header has no condition"};
    header_.lists.push_back(std::move(result));
    return std::nullopt;
  }

  Result<IfHeader::Condition> condition() {
    IfHeader::Condition result;
    if (equalsIgnoreCase(rest_.substr(0, 3), "Not")) {
      result.negated = true;
      rest_.remove_prefix(3);
      skipBlanks();
    }
    if (peek() == '<') {
      const auto uri = codedUri();
      // A path would be a resource tag in the wrong place.
      if (!uri || !hasScheme(*uri)) {
        return ParseError{"a state token in the If header is not an absolute URI in < >"};
      }
      result.token = *uri;
      return result;
    }
    if (peek() == '[') {
      result.tag = bracketedTag();
      if (!result.tag) return ParseError{"expected [\"entity tag\"] in the If header"};
      return result;
    }
    return ParseError{"expected a state token or an entity tag in the If header"};
  }

  // <URI>: no blanks or controls, at least one character.
  std::optional<std::string> codedUri() {
    if (peek() != '<') return std::nullopt;
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    const std::string_view uri = rest_.substr(1, end - 1);
    const bool plain =
        std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c < 0x7F && c != '<'; });
    if (!plain) return std::nullopt;
    rest_.remove_prefix(end + 1);
    return std::string(uri);
  }

  // [entity-tag]: the tag is a quoted string, so a bracket inside does not end it.
  std::optional<EntityTag> bracketedTag() {
    take();  // [
    skipBlanks();
    const std::size_t open = rest_.find('"');
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t close = rest_.find('"', open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    auto tag = EntityTag::parse(rest_.substr(0, close + 1));
    rest_.remove_prefix(close + 1);
    skipBlanks();
    if (!tag || peek() != ']') return std::nullopt;
    take();
    return tag;
  }

  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void take() { rest_.remove_prefix(1); }
  void skipBlanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
  IfHeader header_;
};

bool holds(const IfHeader::Condition& condition, const ResourceState& state) {
  bool matches = false;
  if (condition.tag) {
    matches = !condition.tag->weak && state.etag == condition.tag->opaque;
  } else {
    // DAV:no-lock is a token no lock ever has (RFC 4918 section 10.4.8), so it needs no special case.
    matches = state.lockTokens.count(condition.token) > 0;
  }
  return matches != condition.negated;
}

}  // namespace

Result<IfHeader> IfHeader::parse(std::string_view text) {
  return Parser(text).run();
}

share::Tokens IfHeader::submittedTokens() const {
  share::Tokens tokens;
  for (const List& list : lists) {
    for (const Condition& condition : list.conditions) {
      if (!condition.tag) tokens.insert(condition.token);
    }
  }
  return tokens;
}

bool holds(const IfHeader& header, const StateOf& stateOf) {
  return std::any_of(header.lists.begin(), header.lists.end(), [&](const IfHeader::List& list) {
    const ResourceState state = stateOf(list.resource);
    return std::all_of(list.conditions.begin(), list.conditions.end(),
                       [&](const IfHeader::Condition& condition) { return holds(condition, state); });
  });
}

}  // namespace tigress::dav
