#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/dav_xml.h"
#include "tigress/share_document.h"
#include "tigress/timestamp.h"
#include "tigress/uuid.h"

namespace tigress::share {

/// The two resources every share has: its collection `/v1/{id}/` and its document `share.json`.
enum class Member { collection, document };

enum class LockDepth { zero, infinity };

/// A write lock (RFC 4918 section 6). Its rules are in share/locks.h.
struct Lock {
  std::string token;  ///< `urn:uuid:…`, unguessable
  LockScope scope = LockScope::exclusive;
  LockDepth depth = LockDepth::zero;
  Member root = Member::document;
  std::string owner;  ///< the DAV:owner element as it was sent, or empty
  TimePoint expires;
};

/// How far a share has come.
enum class Stage {
  reserved,  ///< an identifier promised by a 307; nothing is visible yet
  empty,     ///< its collection exists, the document does not (MKCOL; a deleted document where clients name
             ///< shares)
  filled,    ///< the document exists, perhaps with no bytes in it
  ended,     ///< a tombstone: only the sender of a claimed share learns from it how its share ended. Without
          ///< claims nobody learns anything: the identifier is taken until no repeated creation may fill it
  receipt,  ///< no share at all: under which identifier a creation was done, for who asks it again
};

/// How a claimed share came to its end.
enum class End {
  expired,
  cancelled,  ///< deleted by its sender
  completed,  ///< deleted by its receiver
};

/// What bound devices may do with a claimed share (`accessRights`).
struct Rights {
  bool read = true;
  bool write = false;
  bool remove = true;
};

/// What a device is to a share: one of the two that a claimed share is bound to, or anybody else. To an open
/// share everybody is a stranger.
enum class Party { stranger, sender, receiver };

/// One bound device of a claimed share. Only hashes are kept: what a relay does not have, it cannot lose.
struct Device {
  std::string claim;  ///< SHA-256 of its Mailbox-Device-Claim; empty: nobody is bound
  std::string
      lastRequest;  ///< SHA-256 of the Mailbox-Request-ID of its last request that was done; may be empty
};

/// Who a claimed share belongs to. The rules are in share/claims.h.
struct Claims {
  Device sender;
  Device receiver;
  std::string
      verifier;  ///< SHA-256 of the key the first reader must prove; empty: the first reader is trusted
  Rights rights;
  /// How long its end is told to the sender; of a tombstone: how long its identifier stays taken after that.
  std::chrono::seconds remembered{0};
};

/// How a device wants to be told that the share changed. The rules are in share/registrations.h.
struct PushRegistration {
  Uuid id;  ///< random; no push service ever learns it
  Party holder = Party::stranger;
  std::string type;     ///< "webpush", "com.apple.apns", "com.google.fcm", "webhook"
  std::string token;    ///< where it is sent and with which keys, as the device wrote it for that type
  std::string message;  ///< what a Web Push says; empty: the usual words (all that `notificationToken` gives)
  TimePoint expires;    ///< never after the share
};

/// One transfer: everything the relay keeps about it. The unit of storage and of compare-and-swap.
struct Share {
  Uuid id;
  std::uint64_t version = 0;  ///< counts commits; set by the store, 0 before the first
  Stage stage = Stage::reserved;
  TimePoint created;
  TimePoint modified;  ///< of the document
  TimePoint expires;   ///< from this moment on the share is gone, whether or not it was removed
  std::string body;    ///< the document's exact bytes
  std::string etag;    ///< of the document, strong, with its quotes; empty unless filled
  DisplayInformation display;
  std::vector<Lock> locks;
  std::optional<Claims> claims;                 ///< nothing: an open share, its URL is the capability
  End end = End::expired;                       ///< of stage `ended`
  Uuid createdAs;                               ///< of stage `receipt`: the identifier the creation was given
  std::vector<PushRegistration> registrations;  ///< end with the share: a tombstone has none
};

using SharePointer = std::shared_ptr<const Share>;

/// Reads shares by identifier. Implementations are safe to call from any thread.
class ShareReader {
 public:
  virtual ~ShareReader() = default;
  /// The latest committed record, expired or not; null if there is none.
  virtual SharePointer find(const Uuid& id) const = 0;
};

/// How long shares live. All settings.
struct Lifetimes {
  std::chrono::seconds share{std::chrono::hours(24)};
  std::chrono::seconds longest{std::chrono::hours(48)};
  std::chrono::seconds reservation{60};
  std::chrono::seconds tombstone{
      std::chrono::hours(24)};  ///< how long a sender can learn how its share ended
};

/// Whether the record counts at that moment.
bool isLive(const Share& share, TimePoint now);

/// What is left of a share when it ends: of a claimed one a tombstone without content, of any other record
/// nothing. Of a tombstone whose own time is up: nothing, or, if a repeat of the creation is still known, the
/// bare identifier until then. The version is the record's own.
std::optional<Share> remainsOf(const Share& share, End end, TimePoint now);

/// The record as it stands at that moment, whether or not the cleanup has seen it: itself while it lives,
/// then its tombstone, then null.
SharePointer asOf(SharePointer share, TimePoint now);

/// A new record in stage `reserved`.
Share reserve(const RandomSource& random, TimePoint now, const Lifetimes& lifetimes);

/// Puts `body` into the share under a fresh ETag: random, so that no content ever gets an old one
/// (RFC 4918 section 8.8). A share that was not filled yet begins its life here, until `expires`.
void fill(Share& share, std::string body, DisplayInformation display, const RandomSource& random,
          TimePoint now, TimePoint expires);

/// When a share made at `now` ends: after the default lifetime, or when its creator asked, but never
/// beyond the longest. Nothing if that moment is not in the future.
std::optional<TimePoint> expiryOf(std::optional<TimePoint> asked, TimePoint now, const Lifetimes& lifetimes);

/// `/v1/{id}/` and `/v1/{id}/share.json`.
std::string pathOf(const Uuid& id, Member member);

}  // namespace tigress::share
