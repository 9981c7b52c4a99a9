#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tigress {

/// SHA-256 over bytes, as 32 raw bytes. Handed in by whoever has a crypto library: the protocol core has
/// none. Any thread may call.
using Sha256 = std::function<std::string(std::string_view bytes)>;

/// Whether two byte strings are the same, in a time that depends on their lengths only.
bool equalInConstantTime(std::string_view a, std::string_view b);

}  // namespace tigress
