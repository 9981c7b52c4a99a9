#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tigress::preview {

/// A quality value in thousandths: `0.5` is 500 (RFC 9110 section 12.4.2). Nothing for what the grammar
/// does not allow, such as `.5`, `1.5` or four digits.
std::optional<int> parseWeight(std::string_view text);

/// One element of an Accept header (RFC 9110 section 12.5.1).
struct MediaRange {
  std::string type;         ///< lower case, or `*`
  std::string subtype;      ///< lower case, or `*`
  bool parameters = false;  ///< whether it has any besides the weight
  int weight = 1000;        ///< in thousandths; 0 means "not this"
};

/// The elements of an Accept header. Nothing if any of them breaks the grammar: whoever sends
/// `*; q=.2` (old Java) has not chosen a media type, he has a library that did.
std::optional<std::vector<MediaRange>> parseAccept(std::string_view field);

/// How much one media type is wanted.
struct Preference {
  int weight = 0;
  int specificity = 0;  ///< 0 not mentioned, 1 by `*/*`, 2 by `type/*`, 3 by its name
};

/// What the most specific range that covers `type/subtype` says. A range with parameters counts as its
/// name, but yields to one without (this project's representations have no variants).
Preference preferenceFor(const std::vector<MediaRange>& ranges, std::string_view type,
                         std::string_view subtype);

}  // namespace tigress::preview
