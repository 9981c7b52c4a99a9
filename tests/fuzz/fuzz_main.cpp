#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

// The entry point of libFuzzer. FUZZ_TARGET is the function of this program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tigress::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
