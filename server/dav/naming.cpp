#include "server/dav/naming.h"

namespace tigress::dav {

share::Refusal refuseClientIdentifier(share::RefusalCode code) {
  return {code,
          "the relay names shares; make one by POST to /v1/",
          "allow-client-defined-uri",
          {"/v1/"},
          "add-member"};
}

std::string locationOf(const Call& call, const Uuid& id) {
  return call.context.rules.origin + share::pathOf(id, share::Member::document);
}

}  // namespace tigress::dav
