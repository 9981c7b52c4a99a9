#include "server/preview/accept.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/text.h"

namespace tigress::preview {
namespace {

// The end of a token or quoted-string at the front of `text`, 0 if neither stands there.
std::size_t valueLength(std::string_view text) {
  if (text.empty() || text.front() != '"') return std::min(text.find_first_of("; \t"), text.size());
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

// The elements of a comma-separated list, each trimmed. A comma inside quotes does not separate.
std::vector<std::string_view> listElements(std::string_view field) {
  std::vector<std::string_view> elements;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= field.size(); ++i) {
    if (i == field.size() || (field[i] == ',' && !quoted)) {
      elements.push_back(trimmed(field.substr(begin, i - begin)));
      begin = i + 1;
    } else if (field[i] == '"') {
      quoted = !quoted;
    } else if (field[i] == '\\' && quoted) {
      ++i;
    }
  }
  return elements;
}

// *( OWS ";" OWS [ parameter ] ), RFC 9110 section 5.6.6.
bool readParameters(std::string_view text, MediaRange& range) {
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    if (text.front() != ';') return false;
    text = trimmed(text.substr(1));
    if (text.empty() || text.front() == ';') continue;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !isToken(text.substr(0, equals))) return false;
    const std::string_view name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    const std::size_t length = valueLength(text);
    const std::string_view value = text.substr(0, length);
    if (value.empty() || (value.front() != '"' && !isToken(value))) return false;
    text.remove_prefix(length);
    if (!equalsIgnoreCase(name, "q")) {
      range.parameters = true;
    } else if (const auto weight = parseWeight(value)) {
      range.weight = *weight;
    } else {
      return false;
    }
  }
  return true;
}

std::optional<MediaRange> parseMediaRange(std::string_view element) {
  const std::size_t end = std::min(element.find(';'), element.size());
  const std::string_view name = trimmed(element.substr(0, end));
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  MediaRange range{asciiLower(name.substr(0, slash)), asciiLower(name.substr(slash + 1))};
  if (!isToken(range.type) || !isToken(range.subtype)) return std::nullopt;
  if (!readParameters(element.substr(end), range)) return std::nullopt;
  return range;
}

// How closely a range names the type, 0 if it does not cover it.
int specificityOf(const MediaRange& range, std::string_view type, std::string_view subtype) {
  if (range.type == type && range.subtype == subtype) return 3;
  if (range.type == type && range.subtype == "*") return 2;
  if (range.type == "*" && range.subtype == "*") return 1;
  return 0;
}

}  // namespace

std::optional<int> parseWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = text[0] == '1' ? 1000 : 0;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int place = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

std::optional<std::vector<MediaRange>> parseAccept(std::string_view field) {
  std::vector<MediaRange> ranges;
  for (const std::string_view element : listElements(field)) {
    if (element.empty()) continue;  // a recipient ignores empty elements (RFC 9110 section 5.6.1.2)
    auto range = parseMediaRange(element);
    if (!range) return std::nullopt;
    ranges.push_back(std::move(*range));
  }
  return ranges;
}

Preference preferenceFor(const std::vector<MediaRange>& ranges, std::string_view type,
                         std::string_view subtype) {
  const MediaRange* best = nullptr;
  std::pair<int, bool> bestRank{0, false};
  for (const MediaRange& range : ranges) {
    const std::pair<int, bool> rank{specificityOf(range, type, subtype), !range.parameters};
    if (rank.first == 0 || rank < bestRank) continue;
    if (rank == bestRank && range.weight <= best->weight) continue;
    best = &range;
    bestRank = rank;
  }
  return best ? Preference{best->weight, bestRank.first} : Preference{};
}

}  // namespace tigress::preview
