#include "server/dav/share_status.h"

#include "tigress/json.h"

namespace tigress::dav {

ShareStatus statusOf(const share::Share& share, share::Party party) {
  const std::string state(share.claims ? share::stateOf(share) : "open");
  const bool reads = !share::deny(share, party, share::Access::read);
  const std::string document = reads ? share.etag : std::string();
  Json::Object body = {{"state", state}, {"expiration", formatRfc3339(share.expires)}};
  if (!document.empty()) body.push_back({"etag", document});
  // The document's tag is `"…"`, of characters a tag may have.
  const std::string tag = document.empty() ? state : state + "." + document.substr(1, document.size() - 2);
  return {"\"" + tag + "\"", Json(std::move(body)).dump()};
}

}  // namespace tigress::dav
