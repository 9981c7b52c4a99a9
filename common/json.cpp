#include "tigress/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base64.h"

namespace tigress {
namespace {

// A text in which long string literals of nothing but base64 are empty. Whether a text is JSON does not
// depend on what stands in such a literal, and the library takes seventy instructions for each byte.
class Outline {
 public:
  struct Lifted {
    std::size_t literal;  // the how-manieth of the text
    std::size_t at;       // where it would stand in the outline
    std::string_view content;
  };

  explicit Outline(std::string_view text) : text_(text) {
    std::size_t kept = 0;
    std::size_t literal = 0;
    for (std::size_t open = text.find('"'); open != std::string_view::npos; ++literal) {
      const std::size_t begin = open + 1;
      std::size_t end = begin + base64Prefix(text.substr(begin));
      if (end - begin >= kLong && end < text.size() && text[end] == '"') {
        outline_ += text.substr(kept, begin - kept);
        lifted_.push_back({literal, outline_.size(), text.substr(begin, end - begin)});
        kept = end;
      }
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      open = end < text.size() ? text.find('"', end + 1) : std::string_view::npos;
    }
    if (lifted_.empty()) return;
    outline_ += text.substr(kept);
    text_ = outline_;
  }
  Outline(const Outline&) = delete;
  Outline& operator=(const Outline&) = delete;

  std::string_view text() const { return text_; }
  const std::vector<Lifted>& lifted() const { return lifted_; }
  // Where a byte of the outline stands in the text.
  std::size_t position(std::size_t inOutline) const {
    std::size_t position = inOutline;
    for (const Lifted& lifted : lifted_) position += lifted.at < inOutline ? lifted.content.size() : 0;
    return position;
  }

 private:
  static constexpr std::size_t kLong = 64;

  std::string outline_;
  std::string_view text_;
  std::vector<Lifted> lifted_;
};

// Builds our value from the library's events. A handler that returns false ends the parse.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(int depth, const Outline& outline) : depth_(depth), outline_(outline) {}

  bool null() override { return take(Json()); }
  bool boolean(bool value) override { return take(Json(value)); }
  bool number_integer(number_integer_t value) override {
    // Only negative numbers come here, so a zero was spelled with its sign.
    return take(Json::Number{value == 0 ? "-0" : std::to_string(value)});
  }
  bool number_unsigned(number_unsigned_t value) override { return take(Json::Number{std::to_string(value)}); }
  bool number_float(number_float_t, const string_t& text) override { return take(Json::Number{text}); }
  bool string(string_t& value) override {
    putBack(value);
    return take(Json(std::move(value)));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json(Json::Object{})); }
  bool start_array(std::size_t) override { return open(Json(Json::Array{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    putBack(name);
    if (!open_.back().names.insert(name).second) {
      error_ = "a member name stands twice in one object";
      return false;
    }
    open_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = "not JSON: unexpected text at byte " + std::to_string(outline_.position(position));
    return false;
  }

  Json& root() { return root_; }
  const std::string& error() const { return error_; }

 private:
  struct Open {
    Json value;
    std::string key;              // of the member that comes next, in an object
    std::set<std::string> names;  // of the members so far
  };

  // Literals come in the order of the text.
  void putBack(std::string& literal) {
    const auto& lifted = outline_.lifted();
    if (nextLifted_ < lifted.size() && lifted[nextLifted_].literal == literals_) {
      literal = lifted[nextLifted_++].content;
    }
    ++literals_;
  }

  bool open(Json container) {
    if (static_cast<int>(open_.size()) >= depth_) {
      error_ = "nested deeper than " + std::to_string(depth_) + " levels";
      return false;
    }
    open_.push_back({std::move(container), {}, {}});
    return true;
  }

  bool close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return take(std::move(done));
  }

  bool take(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Json::Object* object = open_.back().value.object()) {
      object->push_back({std::move(open_.back().key), std::move(value)});
    } else {
      open_.back().value.array()->push_back(std::move(value));
    }
    return true;
  }

  int depth_;
  const Outline& outline_;
  std::size_t literals_ = 0;
  std::size_t nextLifted_ = 0;
  std::vector<Open> open_;
  Json root_;
  std::string error_ = "not JSON";
};

void appendString(std::string& out, std::string_view text) {
  // The library escapes; error_handler_t::replace keeps the output UTF-8 whatever came in.
  out += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<Json> Json::parse(std::string_view text, int depth) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return ParseError{"not JSON: there is nothing in it"};
  // The library takes a NUL for the end of its input, wherever it stands.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos)
    return ParseError{"not JSON: unexpected text at byte " + std::to_string(nul)};
  const Outline outline(text);
  Builder builder(depth, outline);
  const std::string_view shorter = outline.text();
  if (!nlohmann::json::sax_parse(shorter.begin(), shorter.end(), &builder))
    return ParseError{builder.error()};
  return std::move(builder.root());
}

std::string Json::dump(int indent) const {
  std::string out;
  appendTo(out, indent, 0);
  return out;
}

void Json::appendTo(std::string& out, int indent, int level) const {
  const auto newLine = [&](int depth) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent * depth), ' ');
  };
  if (const bool* flag = boolean()) {
    out += *flag ? "true" : "false";
  } else if (const Number* spelled = number()) {
    out += spelled->text;
  } else if (const std::string* text = string()) {
    appendString(out, *text);
  } else if (const Array* items = array()) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      newLine(level + 1);
      (*items)[i].appendTo(out, indent, level + 1);
    }
    if (!items->empty()) newLine(level);
    out += ']';
  } else if (const Object* members = object()) {
    out += '{';
    for (std::size_t i = 0; i < members->size(); ++i) {
      if (i > 0) out += ',';
      newLine(level + 1);
      appendString(out, (*members)[i].name);
      out += indent < 0 ? ":" : ": ";
      (*members)[i].value.appendTo(out, indent, level + 1);
    }
    if (!members->empty()) newLine(level);
    out += '}';
  } else {
    out += "null";
  }
}

const Json* Json::find(std::string_view name) const {
  if (const Object* members = object()) {
    for (const Member& member : *members) {
      if (member.name == name) return &member.value;
    }
  }
  return nullptr;
}

const std::string* Json::findString(std::string_view name) const {
  const Json* value = find(name);
  return value ? value->string() : nullptr;
}

void Json::erase(std::string_view name) {
  if (Object* members = object()) {
    members->erase(std::remove_if(members->begin(), members->end(),
                                  [&](const Member& member) { return member.name == name; }),
                   members->end());
  }
}

bool operator==(const Json& a, const Json& b) {
  if (a.value_.index() != b.value_.index()) return false;
  if (const Json::Number* number = a.number()) return number->text == b.number()->text;
  if (const Json::Array* items = a.array()) return *items == *b.array();
  if (const Json::Object* members = a.object()) {
    return members->size() == b.object()->size() &&
           std::all_of(members->begin(), members->end(), [&](const Json::Member& member) {
             const Json* other = b.find(member.name);
             return other && *other == member.value;
           });
  }
  if (const bool* flag = a.boolean()) return *flag == *b.boolean();
  if (const std::string* text = a.string()) return *text == *b.string();
  return true;
}

}  // namespace tigress
