#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tigress::preview {

/// Stands in for SHA-256: 32 bytes that depend on every byte of the text (FNV-1a, four lanes).
inline std::string fakeSha256(std::string_view text) {
  std::string digest;
  for (std::uint64_t lane = 0; lane < 4; ++lane) {
    std::uint64_t state = 0xCBF29CE484222325U ^ lane;
    for (const char byte : text) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
    for (int shift = 0; shift < 64; shift += 8) digest += static_cast<char>((state >> shift) & 0xFFU);
  }
  return digest;
}

}  // namespace tigress::preview
