#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tigress::cli {

/// A hint for a word that is none of `words`: `did you mean …?` if one of them is near, else `otherwise`.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& words,
                       const std::string& otherwise);

/// `a, b or c`, and `a, b and c`.
std::string oneOf(const std::vector<std::string_view>& words);
std::string listed(const std::vector<std::string_view>& words);

}  // namespace tigress::cli
