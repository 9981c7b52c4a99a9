#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/notify/endpoint.h"
#include "server/notify/transport.h"
#include "tigress/random.h"

namespace tigress::notify {

/// POSTs in the form of Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature (v1,
/// HMAC-SHA-256). A token is base64url of {"url", "secret"}, the secret as that form writes it: `whsec_` and
/// base64 of 24 to 64 bytes.
///
/// Before anything else an endpoint is challenged: it must give a random text back, signed for as all that
/// comes after. So nobody can have a server called that has no part in it. That a URL and secret stood it is
/// remembered for a day, in memory.
class Webhook final : public PushTransport {
 public:
  struct Parts {
    EndpointRules rules;
    RandomSource random;
    std::function<TimePoint()> clock;
    std::size_t remembered = 1000;
  };
  explicit Webhook(Parts parts) : parts_(std::move(parts)) {}

  std::string_view type() const override { return "webhook"; }
  std::optional<std::string> hostOf(const std::string& token) const override;
  share::PushSupport supportOf(const std::string& token) const override;
  void prove(const std::string& token, TimePoint now, HttpClient& http) override;
  void send(const Push& push, HttpClient& http, DeliveryDone done) override;

 private:
  struct Target;
  enum class Proof { asked, stood, failed };
  struct Known {
    Proof proof;
    TimePoint since;
  };

  std::optional<Target> read(const std::string& token) const;
  std::optional<Proof> proofOf(const std::string& token, TimePoint now) const;
  void note(const std::string& token, Proof proof, TimePoint now);
  void challenge(const std::string& token, TimePoint now, HttpClient& http, DeliveryDone done);
  static void post(const Target& target, const std::string& id, TimePoint now, std::string body,
                   HttpClient& http, OutboundDone done);

  Parts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, Known> known_;  // by token
};

}  // namespace tigress::notify
