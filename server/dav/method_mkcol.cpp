#include "server/dav/method_table.h"
#include "server/dav/naming.h"
#include "server/dav/preconditions.h"
#include "server/share/creation.h"

namespace tigress::dav {

using share::Refusal;
using share::RefusalCode;

std::optional<Refusal> checkMkcol(const Call& call) {
  if (call.context.rules.identifiers == share::Identifiers::server)
    return refuseClientIdentifier(RefusalCode::forbidden);
  if (!call.request.body.empty()) {  // RFC 4918 section 9.3
    return Refusal{RefusalCode::unsupportedMediaType, "MKCOL takes no body"};
  }
  if (call.share || call.ended || call.taken)
    return Refusal{RefusalCode::methodNotAllowed, "the collection is there already"};
  return failedPrecondition(call);
}

share::Outcome runMkcol(const Call& call) {
  share::Share share;
  share.id = call.target.id;
  share.stage = share::Stage::empty;
  share.created = call.now;
  share.modified = call.now;
  share.expires = share::defaultExpiry(call.context.rules, call.now);
  share::Outcome outcome{
      {201, {{"Sunset", formatHttpDate(share.expires)}, {"Cache-Control", "no-store"}}, {}}};
  outcome.change = share::Change::write(std::move(share));
  return outcome;
}

}  // namespace tigress::dav
