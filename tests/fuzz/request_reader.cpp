#include "server/front/request_reader.h"

#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"
#include "tests/server/front/transcript.h"

namespace tigress::fuzz {

// The first byte seeds the places where the rest is cut.
void requestReader(std::string_view bytes) {
  if (bytes.empty()) return;
  const front::ReaderLimits limits{64, 256, 64};
  auto seed = static_cast<unsigned>(static_cast<unsigned char>(bytes.front()));
  bytes.remove_prefix(1);
  std::vector<std::string_view> pieces;
  for (std::string_view rest = bytes; !rest.empty();) {
    seed = seed * 1103515245U + 12345U;
    const std::size_t size = 1 + (seed >> 16) % 16;
    pieces.push_back(rest.substr(0, size));
    rest.remove_prefix(pieces.back().size());
  }
  const std::string whole = front::transcript({bytes}, limits);
  promise(whole.find("stuck") == std::string::npos || bytes.find("stuck") != std::string_view::npos,
          "a reader takes bytes or ends");
  promise(front::transcript(pieces, limits) == whole,
          "however its bytes are cut up, a stream reads the same");
  front::transcript({bytes}, {});
}

}  // namespace tigress::fuzz
