#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/share_document.h"
#include "common/share_link.h"
#include "common/timestamp.h"
#include "tigress/failure.h"
#include "tigress/transport.h"

namespace tigress::client {

/// A share as a relay gave it.
struct StoredShare {
  ShareDocument document;
  std::string etag;
  std::size_t size = 0;              ///< of the document in bytes
  std::optional<TimePoint> expires;  ///< `Sunset` (RFC 8594), in whole seconds
};

/// What a relay tells about a share it has just made.
struct CreatedShare {
  ShareUrl url;
  std::string etag;
  std::optional<TimePoint> expires;
};

/// A share on its relay: the requests of the WebDAV dialect, without any key. Requests that may be repeated
/// safely are sent a second time if their answer is lost. Not safe for use by two threads at once; the
/// transport must outlive it.
class RemoteShare {
 public:
  RemoteShare(Transport& transport, ShareUrl url) : transport_(&transport), url_(std::move(url)) {}

  /// POST to the relay's factory. `body` is a share document that may carry `mailboxConfiguration`.
  static Result<CreatedShare, Failure> create(Transport& transport, const std::string& origin,
                                              const std::string& body);

  const ShareUrl& url() const { return url_; }

  /// GET. With a tag that is not empty, nothing if the document still has it; the relay may take up to
  /// `wait` to say so, and answers at once when the document changes (RFC 7240 `wait`).
  Result<std::optional<StoredShare>, Failure> fetch(const std::string& knownTag = {},
                                                    std::chrono::seconds wait = std::chrono::seconds(0));

  /// PUT on the condition that the document still has that tag, else overtaken. Gives the new tag, empty
  /// if the relay did not tell.
  Result<std::string, Failure> replace(const std::string& body, const std::string& knownTag);

  /// LOCK, exclusive, until the share expires: the document is final.
  Result<void, Failure> lock();

  /// The tokens of the document's locks (PROPFIND of DAV:lockdiscovery). A lock of an open share guards
  /// against accident and is no access control, so whoever has the address may see them.
  Result<std::vector<std::string>, Failure> lockTokens();

  /// DELETE, with the lock's token if there is a lock.
  Result<void, Failure> remove();

 private:
  Request request(std::string method) const;
  Result<Response, Failure> ask(const Request& request,
                                std::chrono::seconds longest = std::chrono::seconds(30)) const;
  Result<Response, Failure> askAgainIfLost(const Request& request,
                                           std::chrono::seconds longest = std::chrono::seconds(30)) const;

  Transport* transport_;
  ShareUrl url_;
};

}  // namespace tigress::client
