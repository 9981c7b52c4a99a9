#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/preview/template.h"

namespace tigress::preview {

/// The words of the pages in one language: a file of www/texts/.
class Language {
 public:
  /// `tag` is the language tag (RFC 5646), `file` has lines of `key = text`, comments after `#`.
  /// Throws std::logic_error with the line's number for a line that is neither.
  Language(std::string_view tag, std::string_view file);

  const std::string& tag() const { return tag_; }
  bool has(std::string_view key) const { return texts_.find(key) != texts_.end(); }
  std::vector<std::string> keys() const;

  /// The text of that key with its places filled, as plain text. Throws std::logic_error if there is none.
  std::string text(std::string_view key, const Template::Values& values) const;
  /// A text without places.
  std::string text(std::string_view key) const;

 private:
  std::string tag_;
  std::map<std::string, Template, std::less<>> texts_;
};

/// The shipped languages. Immutable; any thread may ask.
class Languages {
 public:
  /// Those of www/texts/. Throws std::logic_error if a file is broken or `defaultTag` is not among them.
  explicit Languages(std::string_view defaultTag);

  /// The best for an Accept-Language header (RFC 9110 section 12.5.4): by weight, then by order; a
  /// range is shortened until it names a shipped one (lookup, RFC 4647 section 3.4). The default where
  /// nothing fits.
  const Language& choose(std::string_view acceptLanguage) const;

  std::vector<Language>::const_iterator begin() const { return languages_.begin(); }
  std::vector<Language>::const_iterator end() const { return languages_.end(); }

 private:
  const Language* find(std::string_view tag) const;

  std::vector<Language> languages_;
  std::string defaultTag_;
};

}  // namespace tigress::preview
