#include "tigress/http_message.h"

#include <algorithm>

#include "common/text.h"

namespace tigress {
namespace {

// The length of the entity tag at the front of `text`, 0 if there is none.
std::size_t entityTagLength(std::string_view text) {
  const std::size_t quote = startsWith(text, "W/") ? 2 : 0;
  if (text.size() <= quote || text[quote] != '"') return 0;
  for (std::size_t i = quote + 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"') return i + 1;
    // etagc: anything visible but the quote. A blank is let through: RFC 2616 tags were quoted-strings.
    if (c < 0x20 || c == 0x7F) return 0;
  }
  return 0;
}

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
  // As much as an ordinary message has, so that it grows once.
  constexpr std::size_t kUsualFields = 12;
  constexpr std::size_t kUsualText = 480;
  if (places_.empty()) {
    places_.reserve(kUsualFields);
    text_.reserve(kUsualText);
  }
  const std::size_t begin = text_.size();
  text_.resize(begin + name.size() + value.size() + 4);
  char* to = text_.data() + begin;
  to = std::copy(name.begin(), name.end(), to);
  *to++ = ':';
  *to++ = ' ';
  to = std::copy(value.begin(), value.end(), to);
  *to++ = '\r';
  *to++ = '\n';
  places_.push_back({begin, name.size(), value.size()});
}

void Headers::add(const Headers& others) {
  const std::size_t begin = text_.size();
  text_ += others.text_;
  for (const Place& place : others.places_) {
    places_.push_back({begin + place.begin, place.nameSize, place.valueSize});
  }
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  if (!has(name)) return;
  Headers others;
  for (const auto& [key, value] : *this) {
    if (!equalsIgnoreCase(key, name)) others.add(key, value);
  }
  *this = std::move(others);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Place& place : places_) {
    if (place.nameSize != name.size()) continue;  // as with most
    const auto [key, value] = at(place);
    if (equalsIgnoreCase(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Headers::joined(std::string_view name) const {
  const auto first = find(name);
  if (!first) return std::nullopt;
  std::string list;
  for (const auto& [key, value] : *this) {
    if (!equalsIgnoreCase(key, name)) continue;
    if (value.data() != first->data()) list += ", ";
    list += value;
  }
  return list;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [&](const Field& field) { return equalsIgnoreCase(field.first, name); }));
}

std::string_view reasonPhrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr Row kRows[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {204, "No Content"},
      {206, "Partial Content"},
      {207, "Multi-Status"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {423, "Locked"},
      {424, "Failed Dependency"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
  };
  for (const Row& row : kRows) {
    if (row.status == status) return row.phrase;
  }
  return {};
}

bool isBodiless(int status) {
  return status < 200 || status == 204 || status == 304;
}

std::optional<EntityTag> EntityTag::parse(std::string_view text) {
  if (text.empty() || entityTagLength(text) != text.size()) return std::nullopt;
  const bool weak = startsWith(text, "W/");
  return EntityTag{std::string(weak ? text.substr(2) : text), weak};
}

std::optional<EntityTagList> EntityTagList::parse(std::string_view text) {
  text = trimmed(text);
  if (text == "*") return EntityTagList{true, {}};
  EntityTagList list;
  bool separated = true;
  while (!text.empty()) {
    if (text.front() == ',') {  // empty elements are allowed (RFC 9110 section 5.6.1)
      separated = true;
      text.remove_prefix(1);
    } else {
      const std::size_t length = entityTagLength(text);
      if (length == 0 || !separated) return std::nullopt;
      list.tags.push_back(*EntityTag::parse(text.substr(0, length)));
      separated = false;
      text.remove_prefix(length);
    }
    text = trimmed(text);
  }
  if (list.tags.empty()) return std::nullopt;
  return list;
}

bool EntityTagList::matchesStrongly(std::string_view current) const {
  return any || std::any_of(tags.begin(), tags.end(),
                            [&](const EntityTag& tag) { return !tag.weak && tag.opaque == current; });
}

bool EntityTagList::matchesWeakly(std::string_view current) const {
  return any ||
         std::any_of(tags.begin(), tags.end(), [&](const EntityTag& tag) { return tag.opaque == current; });
}

std::optional<std::string> percentDecode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hexValue(text[i + 1]);
    const int low = hexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::string percentEncode(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const ByteSet plain = kUnreserved | ByteSet(kept);
  std::string result;
  for (const char c : text) {
    if (plain.has(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 0xFU];
  }
  return result;
}

std::optional<std::string> queryParameter(std::string_view query, std::string_view name) {
  if (query.empty()) return std::nullopt;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    if (part.substr(0, equals) != name) continue;
    return percentDecode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace tigress
