#include "common/sha256.h"

namespace tigress {

bool equalInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  }
  // The compiler must not learn when the loop could stop.
  volatile unsigned result = difference;
  return result == 0;
}

}  // namespace tigress
