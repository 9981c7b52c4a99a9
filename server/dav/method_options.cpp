#include "server/dav/method_table.h"

namespace tigress::dav {

// Answered from the target alone: whether a share exists is nobody's business here.
std::optional<share::Refusal> checkOptions(const Call&) {
  return std::nullopt;
}

share::Outcome runOptions(const Call& call) {
  return {{200,
           {{"Allow", allowed(call.target.kind)},
            {"DAV", "1, 2"},
            {"MS-Author-Via", "DAV"},  // without it Windows' Office tries FrontPage first
            {"Cache-Control", "no-store"}},
           {}}};
}

}  // namespace tigress::dav
