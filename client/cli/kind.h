#pragma once

#include <string_view>
#include <vector>

#include "tigress/share_url.h"

namespace tigress::cli {

/// A kind of credential as a person names it, with the words of its preview.
struct Kind {
  std::string_view name;
  std::string_view letter;
  Vertical vertical;
  std::string_view title;
  std::string_view description;
};

/// Every name and every letter, the names first.
std::vector<std::string_view> kindWords();
/// The kind of one of those words. A hotel key is general access by its link and a hotel key by its words.
const Kind& kindOf(std::string_view word);
/// The name of a link's vertical.
std::string_view nameOf(Vertical vertical);

}  // namespace tigress::cli
