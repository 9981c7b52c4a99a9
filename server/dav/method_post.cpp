#include "server/dav/creation.h"
#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"

// POST /v1/: make a share (RFC 5995 add-member).

namespace tigress::dav {

std::optional<share::Refusal> checkPost(const Call& call) {
  return failedPrecondition(call);
}

share::Outcome runPost(const Call& call) {
  using share::RefusalCode;
  auto creation = parseCreationDocument(call.request.body);
  if (!creation) return {toResponse(share::Refusal{RefusalCode::unprocessable, creation.error().detail})};
  const auto expires =
      share::expiryOf(creation->configuration.expiration, call.now, call.context.rules.lifetimes);
  if (!expires) {
    return {toResponse(share::Refusal{
        RefusalCode::unprocessable, "mailboxConfiguration.expiration is in the past; name a time to come"})};
  }
  share::Share share = share::reserve(call.context.random, call.now, call.context.rules.lifetimes);
  share::fill(share, std::move(creation->stored), std::move(creation->document.display), call.context.random,
              call.now, *expires);
  share::Outcome outcome{{201, {{"Location", locationOf(call, share.id)}}, {}}};
  describeDocument(share, outcome.response);
  outcome.change = share::Change::write(std::move(share));
  return outcome;
}

}  // namespace tigress::dav
