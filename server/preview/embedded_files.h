#pragma once

#include <string_view>
#include <vector>

namespace tigress::preview {

/// A file of www/ as it was when the program was built.
struct EmbeddedFile {
  std::string_view name;   ///< its path below www/, such as "pictures/car.png"
  std::string_view bytes;  ///< lives as long as the program
};

/// All of them. Written by embed.cmake at build time.
const std::vector<EmbeddedFile>& embeddedFiles();

/// The bytes of the file of that name. Throws std::logic_error if it was not built in.
std::string_view embeddedFile(std::string_view name);

}  // namespace tigress::preview
