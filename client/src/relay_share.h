#pragma once

#include "client/src/dav_share.h"

namespace tigress::client {

/// A share on a relay: the WebDAV dialect with claims, and what only the mailbox dialect can say.
class RelayShare final : public DavShare {
 public:
  /// POST to the relay's factory. A redirect within the relay is followed.
  static Result<CreatedShare, Failure> create(const Environment& environment, const SharePlan& plan);

  RelayShare(Transport& transport, ShareUrl url, std::optional<Uuid> claim)
      : DavShare(transport, std::move(url)), claim_(claim) {}

  Result<std::optional<StoredShare>, Failure> fetch(const std::string& knownTag,
                                                    std::chrono::seconds wait) override;
  Result<std::optional<StoredShare>, Failure> claimAndRead(const std::string& proof,
                                                           const Uuid& requestId) override;
  Result<void, Failure> relinquish() override;
  Result<std::optional<ShareStatus>, Failure> status(const std::string& knownTag,
                                                     std::chrono::seconds wait) override;
  Result<Preview, Failure> preview() override;
  Result<Replaced, Failure> replace(const std::string& body, const std::string& knownTag,
                                    const Uuid& requestId) override;
  std::string format(const ShareDocument& document, std::optional<TimePoint> expires) const override;
  Result<void, Failure> lock(std::optional<TimePoint> expires) override;
  Result<void, Failure> remove() override { return removeDocument(); }

 protected:
  Request request(std::string method) const override;
  Failure failureOf(const Response& answer, std::string_view) const override {
    return client::failureOf(answer);
  }

 private:
  Request mailboxRequest(std::string method) const;
  Result<Response, Failure> poll(Request request, const std::string& knownTag,
                                 std::chrono::seconds wait) const;
  Result<std::optional<ShareStatus>, Failure> documentStatus(const std::string& knownTag) const;

  std::optional<Uuid> claim_;
  bool tellsStatus_ = true;  // until the server shows that it does not
};

}  // namespace tigress::client
