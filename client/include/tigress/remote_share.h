#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tigress/api.h"
#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/share_document.h"
#include "tigress/share_url.h"
#include "tigress/timestamp.h"
#include "tigress/transport.h"
#include "tigress/uuid.h"

namespace tigress::client {

/// A share as a relay gave it.
struct TIGRESS_API StoredShare {
  ShareDocument document;
  std::string etag;
  std::size_t size = 0;              ///< of the document in bytes
  std::optional<TimePoint> expires;  ///< `Sunset` (RFC 8594), in whole seconds
};

/// What a relay tells about a share it has just made.
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

/// A share on its relay: the requests of the WebDAV dialect, without any key. Requests that may be repeated
/// safely are sent a second time if their answer is lost. A claim is a random UUID that this device drew for
/// this share; with one it goes along with every request, and a server that knows no claims passes it over.
/// The `requestId` of a change is drawn once and stays the same however often the change is asked for, so
/// that the relay does it once. Not safe for use by two threads at once; the
/// transport must outlive it.
class TIGRESS_API RemoteShare {
 public:
  RemoteShare(Transport& transport, ShareUrl url, std::optional<Uuid> claim = std::nullopt)
      : transport_(&transport), url_(std::move(url)), claim_(claim) {}

  /// POST to the relay's factory. `body` is a share document that may carry `mailboxConfiguration`. Without
  /// a claimant the share is open: whoever has its address may read and write it. `token` is the bearer token
  /// of a relay that wants one; refusedByPolicy if it is not good.
  static Result<CreatedShare, Failure> create(Transport& transport, const std::string& origin,
                                              const std::string& body,
                                              const std::optional<Claimant>& claimant = std::nullopt,
                                              const std::string& token = {});

  const ShareUrl& url() const { return url_; }

  /// GET. With a tag that is not empty, nothing if the document still has it; the relay may take up to
  /// `wait` to say so, and answers at once when the document changes (RFC 7240 `wait`).
  Result<std::optional<StoredShare>, Failure> fetch(const std::string& knownTag = {},
                                                    std::chrono::seconds wait = std::chrono::seconds(0));

  /// POST to the document: binds this device as the receiver, if nobody is bound, and reads. `proof` is
  /// claimProof of the share's Secret. Fails as takenByAnotherDevice if another device was faster, as
  /// wrongKeyOrAltered if the proof is not the share's. Nothing if the server knows no claims.
  Result<std::optional<StoredShare>, Failure> claimAndRead(const std::string& proof, const Uuid& requestId);

  /// Gives the receiver's place up (PATCH of the mailbox dialect): another device may claim the share.
  Result<void, Failure> relinquish();

  /// How the share stands. With a tag that is not empty, nothing if it still stands so; the relay may take up
  /// to `wait` to say so, and answers at once when that changes. Who has no claim is not told the document's
  /// tag. Only the sender learns how a share ended; for all others that is notFoundOrExpired. A server that
  /// is no relay is asked for the document's tag.
  Result<std::optional<ShareStatus>, Failure> status(const std::string& knownTag = {},
                                                     std::chrono::seconds wait = std::chrono::seconds(0));

  /// The preview of a claimed share, which everybody may see.
  struct Preview {
    DisplayInformation display;
    std::optional<TimePoint> expires;
  };
  Result<Preview, Failure> preview();

  /// What a relay tells of a document it took.
  struct Replaced {
    std::string etag;       ///< empty if it did not say, or if it had the document before
    bool repeated = false;  ///< it had this very request before
  };
  /// PUT on the condition that the document still has that tag, else overtaken.
  Result<Replaced, Failure> replace(const std::string& body, const std::string& knownTag,
                                    const Uuid& requestId);

  /// LOCK, exclusive, until the share expires: the document is final. Done as well if it is locked already.
  Result<void, Failure> lock();

  /// The tokens of the document's locks (PROPFIND of DAV:lockdiscovery). A lock of an open share guards
  /// against accident and is no access control, so whoever has the address may see them.
  Result<std::vector<std::string>, Failure> lockTokens();

  /// DELETE, with the lock's token if there is a lock that asks for it.
  Result<void, Failure> remove();

 private:
  Request request(std::string method) const;
  Request mailboxRequest(std::string method) const;
  Result<Response, Failure> ask(const Request& request,
                                std::chrono::seconds longest = std::chrono::seconds(30)) const;
  Result<Response, Failure> askAgainIfLost(const Request& request,
                                           std::chrono::seconds longest = std::chrono::seconds(30)) const;
  Result<Response, Failure> poll(Request request, const std::string& knownTag,
                                 std::chrono::seconds wait) const;
  Result<std::optional<ShareStatus>, Failure> documentStatus(const std::string& knownTag) const;

  Transport* transport_;
  ShareUrl url_;
  std::optional<Uuid> claim_;
  bool tellsStatus_ = true;  // until the server shows that it does not
};

}  // namespace tigress::client
