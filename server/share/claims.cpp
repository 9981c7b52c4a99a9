#include "server/share/claims.h"

#include "common/base64.h"
#include "server/share/registrations.h"

namespace tigress::share {
namespace {

constexpr std::string_view kDeviceClaim = "Mailbox-Device-Claim";
constexpr std::string_view kRequestId = "Mailbox-Request-ID";
constexpr std::string_view kClaimProof = "Mailbox-Claim-Proof";
constexpr std::size_t kProofBytes = 32;

Refusal malformedHeader(std::string_view name, std::string_view expected) {
  return {RefusalCode::malformed, std::string(name) + " must be " + std::string(expected)};
}

// The UUID in a header: nothing if there is no such header.
Result<std::optional<Uuid>, Refusal> readUuid(const Request& request, std::string_view name) {
  const auto text = request.headers.joined(name);
  if (!text) return std::optional<Uuid>();
  const auto uuid = Uuid::parse(*text);
  if (!uuid) return malformedHeader(name, "one UUID");
  return uuid;
}

Device& deviceOf(Claims& claims, Party party) {
  return party == Party::sender ? claims.sender : claims.receiver;
}

bool isSame(const std::string& held, const std::string& given) {
  return !held.empty() && equalInConstantTime(held, given);
}

}  // namespace

Result<Caller, Refusal> readCaller(const Request& request, const Sha256& sha256) {
  Caller caller;
  const auto claim = readUuid(request, kDeviceClaim);
  if (!claim) return claim.error();
  if (*claim) caller.claim = sha256((*claim)->bytes());
  const auto id = readUuid(request, kRequestId);
  if (!id) return id.error();
  if (*id) caller.request = sha256((*id)->bytes());
  if (const auto proof = request.headers.joined(kClaimProof)) {
    const auto key = base64UrlDecode(*proof);
    if (!key || key->size() != kProofBytes) return malformedHeader(kClaimProof, "32 bytes in base64url");
    caller.proof = sha256(*key);
  }
  return caller;
}

void echoRequestId(const Request& request, Response& response) {
  const auto id = readUuid(request, kRequestId);
  if (id && *id) response.headers.set(kRequestId, (*id)->toString());
}

Party partyOf(const Share& share, const Caller& caller) {
  if (!share.claims || caller.claim.empty()) return Party::stranger;
  const bool sender = isSame(share.claims->sender.claim, caller.claim);
  const bool receiver = isSame(share.claims->receiver.claim, caller.claim);
  return sender ? Party::sender : receiver ? Party::receiver : Party::stranger;
}

std::optional<Refusal> deny(const Share& share, Party party, Access access) {
  if (!share.claims || access == Access::anyone) return std::nullopt;
  if (party == Party::stranger) {
    const bool taken = !share.claims->receiver.claim.empty();
    Refusal refusal{RefusalCode::unauthorized,
                    taken ? "this share belongs to two other devices"
                          : "this share is claimed by a POST with Mailbox-Device-Claim, which also reads it"};
    if (taken) refusal.type = kTakenProblem;
    return refusal;
  }
  const Rights& rights = share.claims->rights;
  const bool sender = party == Party::sender;
  bool granted = true;
  switch (access) {
    case Access::anyone:
    case Access::govern:
      break;
    case Access::read:
      granted = sender || rights.read;
      break;
    case Access::write:
      granted = rights.write;
      break;
    case Access::remove:
      granted = sender || rights.remove;
      break;
  }
  if (granted) return std::nullopt;
  Refusal refusal{RefusalCode::unauthorized, "the sender did not grant this in accessRights"};
  refusal.type = kRightsProblem;
  return refusal;
}

Result<Entry, Refusal> enter(Share& share, const Caller& caller) {
  if (!share.claims) return Entry{Party::stranger, false};
  if (caller.claim.empty())
    return malformedHeader(kDeviceClaim, "sent: one UUID that this device drew for the share");
  const Party party = partyOf(share, caller);
  if (party != Party::stranger || !share.claims->receiver.claim.empty()) {
    if (auto refusal = deny(share, party, Access::read)) return *refusal;
    return Entry{party, false};
  }
  if (!share.claims->verifier.empty() && !isSame(share.claims->verifier, caller.proof)) {
    Refusal refusal{RefusalCode::unauthorized,
                    "the first reader proves that it holds the link's secret: send Mailbox-Claim-Proof"};
    refusal.type = kProofProblem;
    return refusal;
  }
  if (auto refusal = deny(share, Party::receiver, Access::read)) return *refusal;
  share.claims->receiver = {caller.claim, {}};
  return Entry{Party::receiver, true};
}

void relinquish(Share& share, const Caller& receiver) {
  share.claims->receiver = {{}, receiver.request};
  removeRegistrationsOf(share, Party::receiver);
}

bool isRepeat(const Share& share, Party party, const Caller& caller) {
  if (!share.claims || caller.request.empty()) return false;
  const Claims& claims = *share.claims;
  if (party == Party::stranger && !claims.receiver.claim.empty()) return false;
  return isSame((party == Party::sender ? claims.sender : claims.receiver).lastRequest, caller.request);
}

bool note(Share& share, Party party, const Caller& caller) {
  if (!share.claims || party == Party::stranger || caller.request.empty()) return false;
  if (isRepeat(share, party, caller)) return false;
  deviceOf(*share.claims, party).lastRequest = caller.request;
  return true;
}

std::string_view stateOf(const Share& share) {
  if (share.stage != Stage::ended) return share.claims->receiver.claim.empty() ? "waiting" : "claimed";
  switch (share.end) {
    case End::expired:
      return "expired";
    case End::cancelled:
      return "cancelled";
    case End::completed:
      return "completed";
  }
  return "expired";
}

Change endShare(const Share& share, Party party, const Caller& caller, TimePoint now) {
  auto tombstone = remainsOf(share, party == Party::receiver ? End::completed : End::cancelled, now);
  if (!tombstone) return Change::erase(share);
  note(*tombstone, party, caller);
  return Change::write(std::move(*tombstone));
}

Refusal noSuchShare(const SharePointer& ended, const Caller& caller) {
  Refusal refusal{RefusalCode::notFound, "there is no such share; it may have expired"};
  if (ended && partyOf(*ended, caller) == Party::sender) refusal.state = stateOf(*ended);
  return refusal;
}

Seen see(SharePointer record) {
  if (!record) return {};
  if (record->stage == Stage::receipt) return {nullptr, nullptr, true};
  if (record->stage == Stage::ended) return {nullptr, std::move(record)};
  return {std::move(record), nullptr};
}

Rights readRights(std::string_view letters) {
  const auto has = [&](char letter) { return letters.find(letter) != std::string_view::npos; };
  return {has('R'), has('W'), has('D')};
}

bool bindsReceiver(const Share& share, const Change& change) {
  return share.claims && share.claims->receiver.claim.empty() && change.next && change.next->claims &&
         !change.next->claims->receiver.claim.empty();
}

bool refusesClaim(const Response& response) {
  if (response.status != statusOf(RefusalCode::unauthorized)) return false;
  return response.body.find(kTakenProblem) != std::string::npos ||
         response.body.find(kProofProblem) != std::string::npos;
}

}  // namespace tigress::share
