#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"
#include "server/dav/properties.h"
#include "server/dav/request_headers.h"
#include "server/dav/xml_refusal.h"

namespace tigress::dav {
namespace {

using share::Refusal;
using share::RefusalCode;
using Kind = share::Target::Kind;

// No Depth means infinity (RFC 4918 section 9.1). A document has no members, so there every depth is 0.
std::optional<Refusal> checkDepth(const Call& call) {
  if (call.target.kind == Kind::document) return std::nullopt;
  const auto text = call.request.headers.find("Depth");
  const auto depth = text ? parseDepth(*text) : Depth::infinity;
  if (!depth) return Refusal{RefusalCode::malformed, "Depth is 0, 1 or infinity"};
  if (*depth == Depth::infinity) {
    return Refusal{RefusalCode::forbidden, "ask with Depth 0 or 1", "propfind-finite-depth"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> checkPropfind(const Call& call) {
  const bool inShare = call.target.kind == Kind::collection || call.target.kind == Kind::document;
  if (inShare && !call.isMapped()) return noSuchShare(call);
  if (auto refusal = checkDepth(call)) return refusal;
  return failedPrecondition(call);
}

share::Outcome runPropfind(const Call& call) {
  const auto asked = parsePropfind(call.request.body);
  if (!asked) return {toResponse(refuseXml(asked.error()))};
  // Shares are found by their links only: the root and the factory never show a member.
  std::vector<PropertyResponse> responses = {
      propertiesOf({call.target.kind, call.share, call.now, call.party, &call.context}, *asked)};
  const bool members = call.target.kind == Kind::collection && call.share->stage == share::Stage::filled &&
                       parseDepth(call.request.headers.get("Depth")) == Depth::one;
  if (members) responses.push_back(propertiesOf({Kind::document, call.share, call.now, call.party}, *asked));
  return {{207,
           {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
           formatMultistatus(responses)}};
}

}  // namespace tigress::dav
