#pragma once

#include <optional>
#include <string>

#include "server/share/context.h"
#include "server/share/outcome.h"
#include "tigress/result.h"

// Exactly one sender and one receiver: who a request comes from, and what it may do with a claimed share.

namespace tigress::share {

/// What a request says about its device, as hashes.
struct Caller {
  std::string claim;    ///< SHA-256 of Mailbox-Device-Claim, or empty
  std::string request;  ///< SHA-256 of Mailbox-Request-ID, or empty
  std::string proof;    ///< SHA-256 of the key in Mailbox-Claim-Proof, or empty
};

/// Reads the three headers. A malformed one is a 400 that names it.
Result<Caller, Refusal> readCaller(const Request& request, const Sha256& sha256);

/// Names in an answer the request it belongs to, if that has a well-formed Mailbox-Request-ID.
void echoRequestId(const Request& request, Response& response);

/// Which of a claimed share's devices calls; a stranger for an open share. Compares in constant time.
Party partyOf(const Share& share, const Caller& caller);

/// What a request wants of a share.
enum class Access {
  anyone,  ///< says nothing that the URL's holder may not know
  read,    ///< the content
  write,   ///< change the content
  govern,  ///< locks
  remove,  ///< end the share
};

/// A 401 if the caller may not; nothing if it may, as everybody may with an open share. The sender may
/// always read and remove; the rest is for bound devices with the right.
std::optional<Refusal> deny(const Share& share, Party party, Access access);

/// Lets the caller in to a claimed share by its first read: binds it as the receiver in `share`, if nobody
/// is bound and, where the share has a verifier, if it proves the key. `bound` says if `share` was changed.
/// A bound device is always let in. Otherwise 401; a missing claim is 400.
struct Entry {
  Party party;
  bool bound;
};
Result<Entry, Refusal> enter(Share& share, const Caller& caller);

/// Releases the receiver, at the receiver's own wish: another device may bind. It is told of nothing more.
void relinquish(Share& share, const Caller& receiver);

/// Whether this request was done before: it has the id of the last one this device was answered well. A
/// receiver that relinquished is known by that id until another device is bound.
bool isRepeat(const Share& share, Party party, const Caller& caller);
/// Notes the request as done; says if that changed anything.
bool note(Share& share, Party party, const Caller& caller);

/// What the sender may know about its claimed share: "waiting", "claimed", "expired", "cancelled",
/// "completed".
std::string_view stateOf(const Share& share);

/// The end of a share by a device's wish: its tombstone, or nothing where nobody needs one.
Change endShare(const Share& share, Party party, const Caller& caller, TimePoint now);

/// The 404 of a share that was never made, was deleted or has expired. Only who sent it learns which,
/// from the tombstone `ended` (may be null).
Refusal noSuchShare(const SharePointer& ended, const Caller& caller);

/// A record as handlers see it: the share, or what is left of one.
struct Seen {
  SharePointer share;  ///< null if there is none to work on
  SharePointer ended;  ///< its tombstone, or null
  bool taken = false;  ///< the identifier is a receipt's: nothing is there, and nothing may be put there
};
Seen see(SharePointer record);

/// `accessRights` as rights.
Rights readRights(std::string_view letters);

/// Whether a change of that record binds its receiver.
bool bindsReceiver(const Share& share, const Change& change);
/// Whether an answer turns a device away from a claimed share: taken by others, or without its proof.
bool refusesClaim(const Response& response);

}  // namespace tigress::share
