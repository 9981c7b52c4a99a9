#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tigress/api.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/share_document.h"
#include "tigress/share_url.h"
#include "tigress/timestamp.h"
#include "tigress/uuid.h"

namespace tigress::client {

/// A share as it is stored.
struct TIGRESS_API StoredShare {
  ShareDocument document;
  std::string etag;
  std::size_t size = 0;              ///< of the document in bytes
  std::optional<TimePoint> expires;  ///< in whole seconds
};

/// What is known of a share that was just made.
struct TIGRESS_API CreatedShare {
  ShareUrl url;
  std::string etag;
  std::optional<TimePoint> expires;
};

/// How far a claimed share has come, as its sender may know it. The last three are the end.
enum class ShareState {
  waiting,    ///< nobody has claimed it
  claimed,    ///< a receiver has
  completed,  ///< the receiver removed it
  cancelled,  ///< the sender removed it
  expired,
};

/// "waiting" and so on.
TIGRESS_API std::string_view nameOf(ShareState state);

/// How a share stands, without its content.
struct TIGRESS_API ShareStatus {
  std::optional<ShareState> state;   ///< nothing: the share is open, or the server knows no claims
  std::string documentTag;           ///< of the document; empty if this device may not know it
  std::optional<TimePoint> expires;  ///< in whole seconds
  std::string tag;                   ///< of this status: it has another one as soon as anything of it changes
};

/// What makes a share one of two devices: the sender's claim, and the id of the request that makes it.
struct TIGRESS_API Claimant {
  Uuid claim;
  Uuid request;
};

/// A share to be made, drawn once and asked for as often as it takes.
struct TIGRESS_API SharePlan {
  SharePlace place;
  /// The document, as `format` gives it; for a relay it may carry `mailboxConfiguration`.
  std::string body;
  /// Without one the share is open: whoever has its address may read and write it. Only relays know claims.
  std::optional<Claimant> claimant;
  /// The share's identifier in a folder. A relay gives it one of its own.
  Uuid id = {};
};

/// A share where it lies, without any key. Requests that may be repeated safely are sent a second time if
/// their answer is lost. Tags (`etag`) are opaque: they stand for the document as it was, and go back to the
/// share they came from. Not safe for use by two threads at once; the transport must outlive it.
class TIGRESS_API RemoteShare {
 public:
  /// The share at that address, on a relay or in a folder of another server. A claim is a random UUID that
  /// this device drew for this share; with one it goes along with every request, and a server that knows no
  /// claims passes it over.
  static std::unique_ptr<RemoteShare> at(const Environment& environment, ShareUrl url,
                                         std::optional<Uuid> claim = std::nullopt);

  /// Makes a share. A plan with a claimant, or for a folder, is carried out once, however often it is asked
  /// for. In a folder also fails as notAuthorized, or as refusedByPolicy if it is none or takes no files.
  static Result<CreatedShare, Failure> create(const Environment& environment, const SharePlan& plan);

  virtual ~RemoteShare() = default;
  RemoteShare(const RemoteShare&) = delete;
  RemoteShare& operator=(const RemoteShare&) = delete;

  /// The document. With a tag that is not empty, nothing if the document still has it; the relay may take up
  /// to `wait` to say so, and answers at once when the document changes (RFC 7240 `wait`).
  virtual Result<std::optional<StoredShare>, Failure> fetch(
      const std::string& knownTag = {}, std::chrono::seconds wait = std::chrono::seconds(0)) = 0;

  /// POST to the document: binds this device as the receiver, if nobody is bound, and reads. `proof` is
  /// claimProof of the share's Secret. Fails as takenByAnotherDevice if another device was faster, as
  /// wrongKeyOrAltered if the proof is not the share's. Nothing if the server knows no claims.
  virtual Result<std::optional<StoredShare>, Failure> claimAndRead(const std::string& proof,
                                                                   const Uuid& requestId) = 0;

  /// Gives the receiver's place up (PATCH of the mailbox dialect): another device may claim the share.
  virtual Result<void, Failure> relinquish() = 0;

  /// How the share stands. With a tag that is not empty, nothing if it still stands so; the relay may take up
  /// to `wait` to say so, and answers at once when that changes. Who has no claim is not told the document's
  /// tag. Only the sender learns how a share ended; for all others that is notFoundOrExpired. A server that
  /// is no relay is asked for the document.
  virtual Result<std::optional<ShareStatus>, Failure> status(
      const std::string& knownTag = {}, std::chrono::seconds wait = std::chrono::seconds(0)) = 0;

  /// The preview of a claimed share, which everybody may see.
  struct Preview {
    DisplayInformation display;
    std::optional<TimePoint> expires;
  };
  virtual Result<Preview, Failure> preview() = 0;

  /// What a server tells of a document it took.
  struct Replaced {
    std::string etag;       ///< empty if it did not say, or if it had the document before
    bool repeated = false;  ///< it had this very request before
  };
  /// PUT on the condition that the document still has that tag, else overtaken. The `requestId` is drawn
  /// once for a change and stays the same however often it is asked for, so that a relay does it once.
  virtual Result<Replaced, Failure> replace(const std::string& body, const std::string& knownTag,
                                            const Uuid& requestId) = 0;

  /// The bytes of a document as they are to be stored there; `expires` is when the share ends, if known.
  virtual std::string format(const ShareDocument& document, std::optional<TimePoint> expires) const = 0;

  /// LOCK, exclusive, until the share expires: the document is final. Done as well if it is locked already.
  virtual Result<void, Failure> lock(std::optional<TimePoint> expires) = 0;

  /// The tokens of the document's locks (PROPFIND of DAV:lockdiscovery). A lock of an open share guards
  /// against accident and is no access control, so whoever has the address may see them.
  virtual Result<std::vector<std::string>, Failure> lockTokens() = 0;

  /// DELETE, with the lock's token if there is a lock that asks for it.
  virtual Result<void, Failure> remove() = 0;

 protected:
  RemoteShare() = default;
};

}  // namespace tigress::client
