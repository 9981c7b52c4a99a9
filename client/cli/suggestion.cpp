#include "client/cli/suggestion.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/text.h"

namespace tigress::cli {
namespace {

// A longer word is no slip of a finger, and could make this slow.
constexpr std::size_t kLongestWord = 40;

// How many letters have to be put in, left out, changed or swapped with the next one (optimal string
// alignment).
std::size_t distanceOf(std::string_view a, std::string_view b) {
  std::vector<std::size_t> beforeLast, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], beforeLast[j - 2] + 1);
      }
    }
    beforeLast = std::exchange(last, row);
  }
  return last[b.size()];
}

std::string joined(const std::vector<std::string_view>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string_view>& words,
                       const std::string& otherwise) {
  std::string_view nearest;
  if (word.size() > kLongestWord) return otherwise;
  std::size_t least = std::min<std::size_t>(3, 1 + word.size() / 3);  // what is no longer near
  for (const std::string_view known : words) {
    const bool begun = word.size() > 3 && startsWith(known, word);
    const std::size_t distance = begun ? 1 : distanceOf(word, known);
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  return nearest.empty() ? otherwise : "did you mean " + std::string(nearest) + "?";
}

std::string oneOf(const std::vector<std::string_view>& words) {
  return joined(words, " or ");
}

std::string listed(const std::vector<std::string_view>& words) {
  return joined(words, " and ");
}

}  // namespace tigress::cli
