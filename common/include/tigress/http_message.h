#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tigress/api.h"

namespace tigress {

/// Header fields in the order they came; names compare without case (RFC 9110 section 5.1). They stand in one
/// text, as they are sent; what is found in it is a view that is valid until a field is added or removed.
class TIGRESS_API Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  ///< name and value
  class Iterator;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

  /// Neither text may be one of this object's own.
  void add(std::string_view name, std::string_view value);
  /// All fields of another message, behind its own.
  void add(const Headers& others);
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  bool has(std::string_view name) const { return find(name).has_value(); }
  /// The first value.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The first value, or empty.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  /// All values of that name as one list (RFC 9110 section 5.2), or nothing if there is none.
  std::optional<std::string> joined(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  Iterator begin() const;
  Iterator end() const;

  /// All fields as they are sent: each its name, a colon and a blank, its value, CR LF.
  const std::string& text() const { return text_; }

 private:
  // Where a field stands in the text.
  struct Place {
    std::size_t begin;
    std::size_t nameSize;
    std::size_t valueSize;
  };

  Field at(const Place& place) const {
    const char* const name = text_.data() + place.begin;
    return {{name, place.nameSize}, {name + place.nameSize + 2, place.valueSize}};
  }

  std::string text_;
  std::vector<Place> places_;
};

/// Goes through the fields; each is made when it is looked at.
class Headers::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Field;
  using difference_type = std::ptrdiff_t;
  using pointer = const Field*;
  using reference = Field;

  Field operator*() const { return headers_->at(*place_); }
  Iterator& operator++() {
    ++place_;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.place_ == b.place_; }
  friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

 private:
  friend class Headers;
  using Places = std::vector<Place>::const_iterator;
  Iterator(const Headers& headers, Places place) : headers_(&headers), place_(place) {}

  const Headers* headers_;
  Places place_;
};

inline Headers::Iterator Headers::begin() const {
  return {*this, places_.begin()};
}
inline Headers::Iterator Headers::end() const {
  return {*this, places_.end()};
}

/// A complete request: the body is read and bounded before anybody looks at it.
struct TIGRESS_API Request {
  std::string method;  ///< case-sensitive token
  std::string target;  ///< as sent: origin form, absolute form or "*" (RFC 9112 section 3.2)
  Headers headers;
  std::string body;
  int minorVersion = 1;   ///< of HTTP/1.x
  std::string peer = {};  ///< the IP address of who sent it, as a front sees it; not set by clients
};

struct TIGRESS_API Response {
  int status = 200;
  Headers headers;
  std::string body;  ///< what GET would carry; the front leaves it out for HEAD but keeps its length
};

/// "Not Found" for 404; empty for a status this project does not use.
TIGRESS_API std::string_view reasonPhrase(int status);

/// Whether an answer of that status has no body and no Content-Length (RFC 9110 section 6.4.1).
TIGRESS_API bool isBodiless(int status);

/// An entity tag (RFC 9110 section 8.8.3).
struct TIGRESS_API EntityTag {
  std::string opaque;  ///< with its quotes
  bool weak = false;

  /// `"x"` or `W/"x"`.
  static std::optional<EntityTag> parse(std::string_view text);
};

/// The value of If-Match or If-None-Match.
struct TIGRESS_API EntityTagList {
  bool any = false;  ///< `*`
  std::vector<EntityTag> tags;

  /// Nothing if the list is malformed or empty. A comma inside a tag does not separate.
  static std::optional<EntityTagList> parse(std::string_view text);
  /// RFC 9110 section 8.8.3.2. `current` is a strong tag with its quotes.
  bool matchesStrongly(std::string_view current) const;
  bool matchesWeakly(std::string_view current) const;
};

/// `%XX` becomes its byte. Nothing if a `%` is not followed by two hexadecimal digits.
TIGRESS_API std::optional<std::string> percentDecode(std::string_view text);

/// Every byte as `%XX` but letters, digits, `-._~` (RFC 3986 section 2.3) and the characters of `kept`.
TIGRESS_API std::string percentEncode(std::string_view text, std::string_view kept = {});

/// The value of `name` in a query string, percent-decoded; a `+` stays a plus. Nothing if absent.
TIGRESS_API std::optional<std::string> queryParameter(std::string_view query, std::string_view name);

}  // namespace tigress
