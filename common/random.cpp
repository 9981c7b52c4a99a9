#include "tigress/random.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tigress {

void systemRandom(void* out, std::size_t size) {
  constexpr std::size_t kMostPerCall = 256;  // getentropy(3) refuses more
  auto* cursor = static_cast<unsigned char*>(out);
  while (size > 0) {
    const std::size_t part = std::min(size, kMostPerCall);
    if (getentropy(cursor, part) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
    cursor += part;
    size -= part;
  }
}

std::string randomBytes(const RandomSource& source, std::size_t size) {
  std::string bytes(size, '\0');
  source(bytes.data(), size);
  return bytes;
}

}  // namespace tigress
