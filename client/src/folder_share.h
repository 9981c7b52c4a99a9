#pragma once

#include "client/src/dav_share.h"

namespace tigress::client {

/// The bytes of a document in a folder, with when the share ends.
std::string folderDocument(const ShareDocument& document, std::optional<TimePoint> expires);

/// A share in a folder of a WebDAV server that knows nothing of shares: a collection named by its identifier
/// with the one member share.json. Such a server has no claims and waits for nothing, forgets nothing by
/// itself, and may lack anything beyond class 1 of RFC 4918. So
/// - a tag is a digest of the sealed payload, which is new in every message, and needs no ETag;
/// - a document is replaced under a lock of some seconds, if there are locks, and then compared and written;
///   with a strong ETag under If-Match as well;
/// - the document says when the share ends, in the member `expiration` (RFC 3339). From then on it is as if
///   it were not there.
class FolderShare final : public DavShare {
 public:
  /// Makes the collection and the document. What is there after a lost answer is recognised as this share.
  static Result<CreatedShare, Failure> create(const Environment& environment, const SharePlan& plan);

  FolderShare(const Environment& environment, ShareUrl url)
      : DavShare(environment.transport, std::move(url)), now_(environment.now) {}

  Result<std::optional<StoredShare>, Failure> fetch(const std::string& knownTag,
                                                    std::chrono::seconds wait) override;
  Result<std::optional<StoredShare>, Failure> claimAndRead(const std::string& proof,
                                                           const Uuid& requestId) override;
  Result<void, Failure> relinquish() override { return {}; }
  Result<std::optional<ShareStatus>, Failure> status(const std::string& knownTag,
                                                     std::chrono::seconds wait) override;
  Result<Preview, Failure> preview() override;
  Result<Replaced, Failure> replace(const std::string& body, const std::string& knownTag,
                                    const Uuid& requestId) override;
  std::string format(const ShareDocument& document, std::optional<TimePoint> expires) const override;
  Result<void, Failure> lock(std::optional<TimePoint> expires) override;
  Result<void, Failure> remove() override;

  /// A document as it was stored, also after its time.
  struct Found {
    StoredShare stored;
    std::string serverTag;          ///< ETag, empty if there is none
    std::optional<TimePoint> date;  ///< of the server's clock
  };
  Result<Found, Failure> read() const;

  /// A lock of some seconds, by its token; nothing if the server has no locks that could be used.
  Result<std::optional<std::string>, Failure> lockForWriting() const;
  /// Gives it back. Any complete answer is a success.
  Result<Response, Failure> unlock(const std::string& token) const;

 protected:
  Failure failureOf(const Response& answer, std::string_view method) const override {
    return folderFailureOf(answer, method);
  }

 private:
  Result<Replaced, Failure> replaceUnderLock(const std::string& body, const std::string& knownTag,
                                             const std::optional<std::string>& token) const;
  void removeCollection() const;

  std::function<TimePoint()> now_;
};

}  // namespace tigress::client
