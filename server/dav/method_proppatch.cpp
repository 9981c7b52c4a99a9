#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"
#include "server/dav/properties.h"
#include "server/dav/xml_refusal.h"

// Every property is protected and none can be added. Said property by property in a 207, because
// Windows' client gives a copy up when PROPPATCH is refused as a whole.

namespace tigress::dav {

std::optional<share::Refusal> checkProppatch(const Call& call) {
  if (!call.isMapped()) return noSuchShare(call);
  if (auto refusal = failedPrecondition(call)) return refusal;
  const bool document = call.member() == share::Member::document;
  return blockedByLock(call, document ? share::Write::content : share::Write::properties);
}

share::Outcome runProppatch(const Call& call) {
  const auto names = parsePropertyUpdate(call.request.body);
  if (!names) return {toResponse(refuseXml(names.error()))};
  PropertyResponse::Group refused{403, {}, "cannot-modify-protected-property"};
  for (const PropertyName& name : *names) refused.properties.push_back({name, {}});
  return {{207,
           {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
           formatMultistatus({{hrefOf(call.target.kind, call.share->id), {std::move(refused)}}})}};
}

}  // namespace tigress::dav
