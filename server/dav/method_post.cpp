#include "server/dav/document_headers.h"
#include "server/dav/method_table.h"
#include "server/dav/naming.h"
#include "server/dav/preconditions.h"
#include "server/dav/push.h"
#include "server/share/creation.h"
#include "tigress/json.h"

// POST /v1/ makes a share (RFC 5995 add-member). POST of a share's document claims and reads it: the first
// device that does is the receiver, and from then on the only one. POST to its collection registers for
// pushes.

namespace tigress::dav {
namespace {

bool makes(const Call& call) {
  return call.target.kind == share::Target::Kind::factory;
}

bool registers(const Call& call) {
  return call.target.kind == share::Target::Kind::collection;
}

share::Outcome create(const Call& call) {
  // In the WebDAV dialect a LOCK is what freezes a share, so writing is granted unless it is asked otherwise.
  constexpr share::Rights kStandard{true, true, true};
  auto created = share::createShare(call.context, call.caller, call.request.body, kStandard, call.now);
  if (!created) return {toResponse(created.error())};
  share::Outcome outcome{{201, {{"Location", locationOf(call, created->share.id)}}, {}}};
  share::describeDocument(created->share, outcome.response);
  if (created->pushes) {
    outcome.response.headers.add("Content-Type", "application/json");
    outcome.response.body = Json(Json::Object{{"isPushNotificationSupported", *created->pushes}}).dump();
  }
  if (created->repeated) return outcome;
  outcome.receipt = std::move(created->receipt);
  outcome.change = share::Change::write(std::move(created->share));
  return outcome;
}

share::Outcome claimAndRead(const Call& call) {
  share::Share next = *call.share;
  const bool repeated = share::isRepeat(next, call.party, call.caller);
  const auto entry = share::enter(next, call.caller);
  if (!entry) return {toResponse(entry.error())};
  share::Outcome outcome{{repeated ? 201 : 200, documentHeaders(next), next.body}};
  const bool noted = share::note(next, entry->party, call.caller);
  if (entry->bound || noted) outcome.change = share::Change::write(std::move(next));
  return outcome;
}

}  // namespace

std::optional<share::Refusal> checkPost(const Call& call) {
  if (!makes(call) && !call.isMapped()) return noSuchShare(call);
  if (registers(call)) {
    if (auto refusal = share::deny(*call.share, call.party, share::Access::read)) return refusal;
  }
  return failedPrecondition(call);
}

share::Outcome runPost(const Call& call) {
  if (registers(call)) return registerPush(call);
  return makes(call) ? create(call) : claimAndRead(call);
}

}  // namespace tigress::dav
