#include "server/share/creation.h"

#include <algorithm>

#include "tigress/share_document.h"

namespace tigress::share {
namespace {

// Where a creation is noted: an identifier only its sender can work out, as both values are its secrets.
Uuid receiptId(const Context& context, const Caller& caller) {
  const std::string digest = context.sha256("tigress/v1/receipt" + caller.claim + caller.request);
  return Uuid::fromBytes(std::string_view(digest).substr(0, 16)).value_or(Uuid());
}

Change receiptOf(const Uuid& receipt, const Share& share) {
  Share record;
  record.id = receipt;
  record.stage = Stage::receipt;
  record.created = share.created;
  record.modified = share.modified;
  record.expires = share.expires;
  record.createdAs = share.id;
  return Change::write(std::move(record));
}

}  // namespace

TimePoint defaultExpiry(const Rules& rules, TimePoint now) {
  return now + std::min(rules.lifetimes.share, rules.lifetimes.longest);
}

Result<Created, Refusal> createShare(const Context& context, const Caller& caller, std::string_view body,
                                     Rights standard, TimePoint now) {
  auto creation = parseCreationDocument(body);
  if (!creation) return Refusal{RefusalCode::unprocessable, creation.error().detail};
  const MailboxConfiguration& configuration = creation->configuration;
  const auto expires = expiryOf(configuration.expiration, now, context.rules.lifetimes);
  if (!expires) {
    return Refusal{RefusalCode::unprocessable,
                   "mailboxConfiguration.expiration is in the past; name a time to come"};
  }
  if (caller.claim.empty() && (configuration.claimVerifier || configuration.accessRights)) {
    return Refusal{RefusalCode::unprocessable,
                   "accessRights and claimVerifier are for claimed shares: send Mailbox-Device-Claim"};
  }
  Created created{reserve(context.random, now, context.rules.lifetimes)};
  Share& share = created.share;
  if (!caller.claim.empty() && !caller.request.empty()) {
    const Uuid receipt = receiptId(context, caller);
    const SharePointer noted = context.shares.find(receipt);
    if (noted && noted->stage == Stage::receipt && isLive(*noted, now)) {
      const auto [earlier, ended, taken] = see(asOf(context.shares.find(noted->createdAs), now));
      if (ended) return noSuchShare(ended, caller);
      if (earlier) return Created{*earlier, true, {}, pushesTo(context, *earlier, Party::sender)};
      share.id = noted->createdAs;  // the relay died between the two commits, or is just between them
    } else {
      share.expires = *expires;
      created.receipt = receiptOf(receipt, share);
      if (noted) created.receipt->expected = noted->version;
    }
  }
  fill(share, std::move(creation->stored), std::move(creation->document.display), context.random, now,
       *expires);
  if (!caller.claim.empty()) {
    Claims claims;
    claims.sender = {caller.claim, caller.request};
    claims.verifier = configuration.claimVerifier.value_or("");
    claims.rights = configuration.accessRights ? readRights(*configuration.accessRights) : standard;
    claims.remembered = context.rules.lifetimes.tombstone;
    share.claims = std::move(claims);
  }
  if (creation->notification) {
    const Party holder = share.claims ? Party::sender : Party::stranger;
    created.pushes = registerToken(context, share, holder, *creation->notification);
  }
  return created;
}

void describeDocument(const Share& share, Response& response) {
  response.headers.add("ETag", share.etag);
  response.headers.add("Sunset", formatHttpDate(share.expires));
  response.headers.add("Cache-Control", "no-store");
}

}  // namespace tigress::share
