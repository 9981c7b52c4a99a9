#include "server/share/share_codec.h"

#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {

void shareCodec(std::string_view bytes) {
  const auto share = share::decodeShare(bytes);
  if (!share) return;
  promise(share::encodeShare(*share) == bytes, "a record has one form");
}

}  // namespace tigress::fuzz
