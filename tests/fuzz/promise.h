#pragma once

#include <stdexcept>

namespace tigress::fuzz {

/// Throws if what must hold does not: a finding for libFuzzer, a failed test for the corpus.
inline void promise(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace tigress::fuzz
