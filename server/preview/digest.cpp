#include "server/preview/digest.h"

namespace tigress::preview {

std::string contentName(const Sha256& sha256, std::string_view content) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  for (const char byte : sha256(content).substr(0, 16)) {
    const auto value = static_cast<unsigned char>(byte);
    name += kDigits[value >> 4U];
    name += kDigits[value & 0x0FU];
  }
  return name;
}

}  // namespace tigress::preview
