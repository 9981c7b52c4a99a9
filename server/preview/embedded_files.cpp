#include "server/preview/embedded_files.h"

#include <stdexcept>
#include <string>

namespace tigress::preview {

std::string_view embeddedFile(std::string_view name) {
  for (const EmbeddedFile& file : embeddedFiles()) {
    if (file.name == name) return file.bytes;
  }
  throw std::logic_error("www/" + std::string(name) + " was not built in");
}

}  // namespace tigress::preview
