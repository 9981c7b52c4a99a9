#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tigress/api.h"

namespace tigress {

/// Fills `size` bytes at `out` with unguessable bits. Injected wherever randomness is needed, so that
/// tests can replay it.
using RandomSource = std::function<void(void* out, std::size_t size)>;

/// The operating system's CSPRNG (getentropy). Throws std::system_error when it fails: there is no
/// fallback, an identifier is never guessable because descriptors ran out. Any thread may call.
TIGRESS_API void systemRandom(void* out, std::size_t size);

/// `size` bytes drawn from `source`.
TIGRESS_API std::string randomBytes(const RandomSource& source, std::size_t size);

}  // namespace tigress
