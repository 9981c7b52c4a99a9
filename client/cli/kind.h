#pragma once

#include <optional>
#include <string_view>

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

/// The kind of that name or letter; nothing if there is none. A hotel key is general access by its link
/// and a hotel key by its words.
std::optional<Kind> kindOf(std::string_view name);
/// The name of a link's vertical.
std::string_view nameOf(Vertical vertical);

}  // namespace tigress::cli
