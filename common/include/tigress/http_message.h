#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tigress/api.h"

namespace tigress {

/// Header fields in the order they came; names compare without case (RFC 9110 section 5.1).
class TIGRESS_API Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    if (fields_.empty()) fields_.reserve(kUsual);
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  bool has(std::string_view name) const { return find(name).has_value(); }
  /// The first value; valid until this is changed.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The first value, or empty.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  /// All values of that name as one list (RFC 9110 section 5.2), or nothing if there is none.
  std::optional<std::string> joined(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  std::vector<Field>::const_iterator begin() const { return fields_.begin(); }
  std::vector<Field>::const_iterator end() const { return fields_.end(); }

 private:
  static constexpr std::size_t kUsual = 12;  // fields of a message

  std::vector<Field> fields_;
};

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
