#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tigress::preview {

/// Text with places to fill: `{{name}}` for a value, `{{{name}}}` for one that is HTML already. Values
/// are put in as they are and never read as templates. Immutable; any thread may fill it.
class Template {
 public:
  /// The value of a name. Says that it has none by throwing.
  using Values = std::function<std::string(std::string_view name)>;

  /// Throws std::logic_error if a place is not closed.
  explicit Template(std::string_view source);

  /// Every `{{name}}` escaped for HTML, good for content and for double-quoted attributes.
  std::string html(const Values& values) const;
  /// Every value as it is: for plain text.
  std::string text(const Values& values) const;

 private:
  struct Piece {
    enum class Kind { literal, value, markup };
    Kind kind;
    std::string text;  // the literal, or the name
  };

  std::vector<Piece> pieces_;
};

}  // namespace tigress::preview
