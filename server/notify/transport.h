#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/notify/http_client.h"
#include "server/share/registrations.h"
#include "tigress/http_message.h"
#include "tigress/timestamp.h"

namespace tigress::notify {

/// What a push says, if its registration does not say it: that there is something to look at, and nothing
/// else.
inline constexpr std::string_view kChanged = R"({"type":"changed"})";

/// One push to one device.
struct Push {
  std::string token;
  std::string message;   ///< of the registration, or empty
  std::string id;        ///< random; of this push and its repeats
  std::string collapse;  ///< the same for all pushes of a registration, and nobody learns which that is
  TimePoint now;
  TimePoint until;  ///< from when on it is of no use
};

/// How a push went.
struct Delivery {
  enum class Kind {
    delivered,
    gone,     ///< the token is dead: nothing is to be sent there again
    later,    ///< try again
    refused,  ///< trying again would not help
  };
  Kind kind;
  std::optional<std::chrono::seconds> retryAfter = std::nullopt;
  /// A mistake of this relay's, for its operator: what was wrong and what to look at. No token, no address.
  std::string problem = {};
};
using DeliveryDone = std::function<void(Delivery)>;

/// One way to push. One thread sends; any thread may ask for hosts and support.
class PushTransport {
 public:
  virtual ~PushTransport() = default;
  /// As `notificationToken` names it.
  virtual std::string_view type() const = 0;
  /// The host that the token leads to; nothing if it is no token of this type or may not be sent to.
  virtual std::optional<std::string> hostOf(const std::string& token) const = 0;
  virtual share::PushSupport supportOf(const std::string& token) const {
    return hostOf(token) ? share::PushSupport::full : share::PushSupport::none;
  }
  /// Asks the endpoint of an unproven token whether it wants pushes. Nobody waits for it.
  virtual void prove(const std::string&, TimePoint, HttpClient&) {}
  /// Sends a push; `done` is called once, maybe before this returns.
  virtual void send(const Push& push, HttpClient& http, DeliveryDone done) = 0;
};

/// What most answers mean: 2xx delivered, 404 and 410 gone, 429 and 5xx later (with their Retry-After, RFC
/// 9110 section 10.2.3), as is no answer; everything else refused.
Delivery deliveryOf(const std::optional<Response>& response, TimePoint now);

}  // namespace tigress::notify
