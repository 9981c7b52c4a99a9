#pragma once

#include <string>
#include <string_view>

#include "common/sha256.h"

namespace tigress::preview {

/// The first 16 bytes of the digest as 32 lower-case hexadecimal digits: a name for content.
std::string contentName(const Sha256& sha256, std::string_view content);

}  // namespace tigress::preview
