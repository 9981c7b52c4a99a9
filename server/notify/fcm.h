#pragma once

#include <string>
#include <vector>

#include "server/notify/crypto.h"
#include "server/notify/transport.h"

namespace tigress::notify {

/// Firebase Cloud Messaging, HTTP v1. A token is the app's registration token. The relay signs in as a
/// service account: a JSON Web Token buys an access token (RFC 7523), which is used until shortly before its
/// end.
class Fcm final : public PushTransport {
 public:
  /// What a service account's JSON file says.
  struct Account {
    std::string project;
    std::string email;
    std::string keyId;
    RsaKey key;
    std::string tokenUrl;

    static Result<Account> parse(std::string_view json);
  };
  Fcm(Account account, std::string origin);

  std::string_view type() const override { return "com.google.fcm"; }
  std::optional<std::string> hostOf(const std::string& token) const override;
  void send(const Push& push, HttpClient& http, DeliveryDone done) override;

 private:
  struct Waiting {
    Push push;
    DeliveryDone done;
  };

  void signIn(TimePoint now, HttpClient& http);
  void signedIn(const std::optional<Response>& response, TimePoint now, HttpClient& http);
  void sendNow(const Push& push, HttpClient& http, DeliveryDone done);

  Account account_;
  std::string origin_;
  std::string host_;
  std::string accessToken_;
  TimePoint accessEnds_;
  std::vector<Waiting> waiting_;  // for the access token
  bool signingIn_ = false;
};

}  // namespace tigress::notify
