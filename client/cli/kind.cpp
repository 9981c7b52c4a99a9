#include "client/cli/kind.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace tigress::cli {
namespace {

constexpr std::array<Kind, 4> kKinds = {{
    {"general", "a", Vertical::general, "Shared key",
     "You've been invited to add a shared digital key to your device."},
    {"car", "c", Vertical::car, "Shared car key",
     "You've been invited to add a shared digital car key to your device."},
    {"home", "h", Vertical::home, "Shared home key",
     "You've been invited to add a shared digital home key to your device."},
    {"hotel", "", Vertical::general, "Shared hotel key",
     "You've been invited to add a shared digital hotel key to your device."},
}};

}  // namespace

std::vector<std::string_view> kindWords() {
  std::vector<std::string_view> words;
  for (const Kind& kind : kKinds) words.push_back(kind.name);
  for (const Kind& kind : kKinds) {
    if (!kind.letter.empty()) words.push_back(kind.letter);
  }
  return words;
}

const Kind& kindOf(std::string_view word) {
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& known) {
    return word == known.name || (!word.empty() && word == known.letter);
  });
  assert(kind != kKinds.end());
  return *kind;
}

std::string_view nameOf(Vertical vertical) {
  for (const Kind& kind : kKinds) {
    if (kind.vertical == vertical) return kind.name;
  }
  return kKinds.front().name;
}

}  // namespace tigress::cli
