#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/share/share.h"

namespace tigress::share {

/// A share as bytes, for stores that keep it as one value. All but `id` and `version`, which every store
/// has as its key and its compare-and-swap column. The format is in docs/store.md; its first byte counts
/// formats.
std::string encodeShare(const Share& share);

/// The share those bytes were made from, with `id` and `version` left empty. Nothing if they are torn or
/// of a newer format.
std::optional<Share> decodeShare(std::string_view bytes);

}  // namespace tigress::share
