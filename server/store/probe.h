#pragma once

#include "server/store/share_store.h"
#include "tigress/random.h"

namespace tigress::store {

/// Whether the store takes a change now: writes a record under an identifier of its own and erases it, and
/// waits for both. What a crash in between leaves is no share, and expires at once. Throws what a broken
/// store throws.
bool takesChanges(ShareStore& store, const RandomSource& random, TimePoint now);

}  // namespace tigress::store
