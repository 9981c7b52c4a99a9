#pragma once

#include <string>

#include "server/notify/crypto.h"
#include "server/notify/transport.h"

namespace tigress::notify {

/// Apple's push notification service: its provider API over HTTP/2 with a provider token. A token is the
/// device token in hexadecimal, of the app that is the topic. What is sent is a background notification: the
/// app is woken, nothing is shown.
class Apns final : public PushTransport {
 public:
  struct Parts {
    EcKey key;           ///< of the .p8 file
    std::string keyId;   ///< the 10 characters that name it
    std::string team;    ///< the 10 characters of the developer's team
    std::string topic;   ///< the app's bundle identifier
    std::string origin;  ///< `https://api.push.apple.com`
  };
  explicit Apns(Parts parts);

  std::string_view type() const override { return "com.apple.apns"; }
  std::optional<std::string> hostOf(const std::string& token) const override;
  void send(const Push& push, HttpClient& http, DeliveryDone done) override;

 private:
  const std::string& providerToken(TimePoint now);

  Parts parts_;
  std::string host_;
  std::string token_;
  TimePoint made_;
};

}  // namespace tigress::notify
