#include "client/cli/kind.h"

#include <array>

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

std::optional<Kind> kindOf(std::string_view name) {
  for (const Kind& kind : kKinds) {
    if (name == kind.name || (!name.empty() && name == kind.letter)) return kind;
  }
  return std::nullopt;
}

std::string_view nameOf(Vertical vertical) {
  for (const Kind& kind : kKinds) {
    if (kind.vertical == vertical) return kind.name;
  }
  return kKinds.front().name;
}

}  // namespace tigress::cli
