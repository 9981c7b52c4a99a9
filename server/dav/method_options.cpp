#include "server/dav/method_table.h"
#include "server/dav/push.h"

namespace tigress::dav {

// Answered from the target alone: whether a share exists is nobody's business here.
std::optional<share::Refusal> checkOptions(const Call&) {
  return std::nullopt;
}

share::Outcome runOptions(const Call& call) {
  const bool pushes = call.target.kind == share::Target::Kind::collection && offersPush(call.context);
  return {{200,
           {{"Allow", allowed(call.target.kind)},
            {"DAV", pushes ? "1, 2, webdav-push" : "1, 2"},
            {"MS-Author-Via", "DAV"},  // without it Windows' Office tries FrontPage first
            {"Cache-Control", "no-store"}},
           {}}};
}

}  // namespace tigress::dav
