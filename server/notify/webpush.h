#pragma once

#include <map>
#include <string>

#include "server/notify/crypto.h"
#include "server/notify/endpoint.h"
#include "server/notify/transport.h"
#include "tigress/random.h"

namespace tigress::notify {

/// Web Push (RFC 8030), encrypted for the browser (RFC 8291) and signed by this relay (VAPID, RFC 8292). A
/// token is base64url of the subscription as browsers write it: {"endpoint", "keys": {"p256dh", "auth"}}.
class WebPush final : public PushTransport {
 public:
  struct Parts {
    EcKey key;            ///< VAPID's, which subscriptions were made for
    std::string contact;  ///< `mailto:` or `https:`, for the operators of push services; may be empty
    EndpointRules rules;
    RandomSource random;
  };
  explicit WebPush(Parts parts);

  /// base64url of the public key (RFC 8292 section 3.2).
  const std::string& publicKey() const { return publicKey_; }

  std::string_view type() const override { return share::kWebPush; }
  std::optional<std::string> hostOf(const std::string& token) const override;
  void send(const Push& push, HttpClient& http, DeliveryDone done) override;

 private:
  struct Subscription;
  struct Signed {
    std::string token;
    TimePoint made;
  };

  std::optional<Subscription> read(const std::string& token) const;
  const std::string& tokenFor(const std::string& origin, TimePoint now);

  Parts parts_;
  std::string publicKey_;
  std::map<std::string, Signed> tokens_;  // by origin
};

}  // namespace tigress::notify
