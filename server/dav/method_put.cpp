#include "server/dav/method_table.h"
#include "server/dav/naming.h"
#include "server/dav/preconditions.h"
#include "server/share/creation.h"
#include "server/share/preconditions.h"

namespace tigress::dav {
namespace {

using share::Refusal;
using share::RefusalCode;

// A PUT to a place that names no share is sent to one that the relay reserved. Only the reservation is
// kept: nothing can be read there, as RFC 4918 section 12 wants of a 3xx.
share::Outcome redirectToReservation(const Call& call) {
  share::Share share = share::reserve(call.context.random, call.now, call.context.rules.lifetimes);
  share::Outcome outcome{
      {307, {{"Location", locationOf(call, share.id)}, {"Cache-Control", "no-store"}}, {}}};
  outcome.change = share::Change::write(std::move(share));
  return outcome;
}

}  // namespace

std::optional<Refusal> checkPut(const Call& call) {
  if (auto refusal = share::refusePart(call.request)) return refusal;
  if (call.target.kind == share::Target::Kind::newDocument) return std::nullopt;
  if (auto refusal = failedPrecondition(call)) return refusal;
  if (!call.share) return refuseClientIdentifier();
  return blockedByLock(call, call.isMapped() ? share::Write::content : share::Write::addMember);
}

share::Outcome runPut(const Call& call) {
  if (call.target.kind == share::Target::Kind::newDocument) return redirectToReservation(call);
  DisplayInformation display;
  // No bytes at all are a share not yet filled in: Windows, Finder and davfs2 begin so.
  if (!call.request.body.empty()) {
    auto document = parseShareDocument(call.request.body);
    if (!document) return {toResponse(Refusal{RefusalCode::unprocessable, document.error().detail})};
    display = std::move(document->display);
  }
  share::Share next = *call.share;
  share::dropExpiredLocks(next, call.now);
  share::fill(next, call.request.body, std::move(display), call.context.random, call.now,
              share::defaultExpiry(call.context.rules, call.now));
  share::Outcome outcome{{call.isMapped() ? 204 : 201, {}, {}}};
  share::describeDocument(next, outcome.response);
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

}  // namespace tigress::dav
