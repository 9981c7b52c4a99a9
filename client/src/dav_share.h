#pragma once

#include <string>
#include <vector>

#include "tigress/remote_share.h"

namespace tigress::client {

/// What an answer may need beyond the time a server was asked to wait.
inline constexpr std::chrono::seconds kAnswerTime{30};
inline constexpr const char* kJsonContentType = "application/json";

/// What is the same on every WebDAV server: a document, its locks, and how it is removed.
class DavShare : public RemoteShare {
 public:
  Result<std::vector<std::string>, Failure> lockTokens() override;
  /// A request for the document with those tokens in `If`. Servers read that header in different ways, so a
  /// refusal is answered by another spelling.
  Result<Response, Failure> askWithTokens(const Request& request,
                                          const std::vector<std::string>& tokens) const;

 protected:
  DavShare(Transport& transport, ShareUrl url) : transport_(&transport), url_(std::move(url)) {}

  /// A request for the document.
  virtual Request request(std::string method) const;
  /// What an answer of this kind of server means that is no success; `method` is that of the request.
  virtual Failure failureOf(const Response& answer, std::string_view method) const = 0;

  const ShareUrl& url() const { return url_; }
  Transport& transport() const { return *transport_; }
  Result<Response, Failure> ask(const Request& request, std::chrono::seconds longest = kAnswerTime) const;
  Result<Response, Failure> askAgainIfLost(const Request& request,
                                           std::chrono::seconds longest = kAnswerTime) const;

  /// LOCK, exclusive, with that Timeout (RFC 4918 section 10.7). Any complete answer is a success.
  Result<Response, Failure> askForLock(const std::string& timeout) const;
  /// DELETE of the document, with the tokens of its locks if there are any that ask for theirs.
  Result<void, Failure> removeDocument();

 private:
  Transport* transport_;
  ShareUrl url_;
};

/// A token goes back into a header: what could end the header or the token is none.
bool isLockToken(std::string_view token);

}  // namespace tigress::client
