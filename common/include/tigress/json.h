#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tigress/api.h"
#include "tigress/result.h"

namespace tigress {

/// A JSON value (RFC 8259) that gives back what it was given: members keep their order, numbers keep
/// their spelling. json.cpp is the only file of the project that knows the JSON library.
class TIGRESS_API Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;
  /// A number as it was spelled.
  struct Number {
    std::string text;
  };

  Json() = default;                                                    ///< null
  Json(bool value) : value_(value) {}                                  // NOLINT: a JSON literal
  Json(std::int64_t value) : value_(Number{std::to_string(value)}) {}  // NOLINT: a JSON literal
  Json(int value) : Json(static_cast<std::int64_t>(value)) {}          // NOLINT: a JSON literal
  Json(Number value) : value_(std::move(value)) {}                     // NOLINT: a JSON literal
  Json(std::string value) : value_(std::move(value)) {}                // NOLINT: a JSON literal
  Json(std::string_view value) : value_(std::string(value)) {}         // NOLINT: a JSON literal
  Json(const char* value) : value_(std::string(value)) {}              // NOLINT: a JSON literal
  Json(Array value) : value_(std::move(value)) {}                      // NOLINT: a JSON literal
  Json(Object value);                                                  // NOLINT: a JSON literal

  /// Strict: one value, UTF-8, no duplicate member names, at most `depth` levels of arrays and objects
  /// (a bare scalar is level 0). The error names the byte offset, never the content.
  static Result<Json> parse(std::string_view text, int depth = 16);

  /// Compact, or indented by `indent` blanks a level if that is not negative. Always valid UTF-8 JSON;
  /// only quotes, backslashes and control characters are escaped.
  std::string dump(int indent = -1) const;

  bool isNull() const { return std::holds_alternative<std::monostate>(value_); }
  /// Null pointers where the value is of another kind.
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const Number* number() const { return std::get_if<Number>(&value_); }
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const Object* object() const { return std::get_if<Object>(&value_); }
  Array* array() { return std::get_if<Array>(&value_); }
  Object* object() { return std::get_if<Object>(&value_); }

  /// The member of that name; null if there is none or this is no object.
  const Json* find(std::string_view name) const;
  /// The text of a string member; null if there is none or it is no string.
  const std::string* findString(std::string_view name) const;
  /// Removes the member of that name from an object; does nothing if there is none.
  void erase(std::string_view name);

  /// The same value: members in any order; numbers by their spelling.
  friend bool operator==(const Json& a, const Json& b);
  friend bool operator!=(const Json& a, const Json& b) { return !(a == b); }

 private:
  void appendTo(std::string& out, int indent, int level) const;

  std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string name;
  Json value;
};

inline Json::Json(Object value) : value_(std::move(value)) {}

}  // namespace tigress
