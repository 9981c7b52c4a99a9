#include "server/notify/apns.h"

#include <algorithm>

#include "common/text.h"
#include "server/notify/endpoint.h"
#include "server/notify/json_web_token.h"
#include "tigress/json.h"

namespace tigress::notify {
namespace {

constexpr std::size_t kShortestToken = 64;
constexpr std::size_t kLongestToken = 200;
// Apple wants a token used for 20 minutes at least and takes it for 60.
constexpr std::chrono::minutes kTokenReuse{40};

std::string reasonOf(const Response& response) {
  const auto json = Json::parse(response.body);
  const std::string* reason = json ? json->findString("reason") : nullptr;
  return reason ? *reason : std::string();
}

Delivery read(const std::optional<Response>& response, TimePoint now) {
  Delivery delivery = deliveryOf(response, now);
  if (delivery.kind == Delivery::Kind::delivered || delivery.kind == Delivery::Kind::later) return delivery;
  const std::string reason = reasonOf(*response);
  // 404 is a wrong path, not a dead token.
  if (response->status == 404)
    return {Delivery::Kind::refused, {}, "Apple's service knows no such path: see push.apns-origin"};
  if (reason == "BadDeviceToken" || reason == "DeviceTokenNotForTopic") return {Delivery::Kind::gone};
  if (reason == "ExpiredProviderToken") return {Delivery::Kind::later};
  if (response->status == 403) {
    delivery.problem =
        "Apple's service refused the provider token: see push.apns-key, push.apns-key-id and push.apns-team";
  }
  if (reason == "BadTopic" || reason == "TopicDisallowed" || reason == "MissingTopic") {
    delivery.problem = "Apple's service refused the topic: see push.apns-topic";
  }
  return delivery;
}

}  // namespace

Apns::Apns(Parts parts) : parts_(std::move(parts)) {
  if (const auto endpoint = Endpoint::parse(parts_.origin)) host_ = endpoint->host;
}

std::optional<std::string> Apns::hostOf(const std::string& token) const {
  const bool good = token.size() >= kShortestToken && token.size() <= kLongestToken &&
                    token.size() % 2 == 0 &&
                    std::all_of(token.begin(), token.end(), [](char c) { return hexValue(c) >= 0; });
  if (!good) return std::nullopt;
  return host_;
}

const std::string& Apns::providerToken(TimePoint now) {
  if (!token_.empty() && now >= made_ && now - made_ < kTokenReuse) return token_;
  const auto issued = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  token_ = jsonWebToken(Json::Object{{"alg", "ES256"}, {"kid", parts_.keyId}},
                        Json::Object{{"iss", parts_.team}, {"iat", std::int64_t{issued}}},
                        [this](std::string_view input) { return parts_.key.sign(input); });
  made_ = now;
  return token_;
}

void Apns::send(const Push& push, HttpClient& http, DeliveryDone done) {
  const auto until = std::chrono::duration_cast<std::chrono::seconds>(push.until.time_since_epoch());
  OutboundRequest request;
  request.url = parts_.origin + "/3/device/" + push.token;
  request.headers = {{"Authorization", "bearer " + providerToken(push.now)},
                     {"apns-topic", parts_.topic},
                     {"apns-push-type", "background"},
                     {"apns-priority", "5"},  // the only one that background notifications may have
                     {"apns-expiration", std::to_string(until.count())},
                     {"apns-collapse-id", push.collapse},
                     {"Content-Type", "application/json"}};
  request.body = R"({"aps":{"content-available":1}})";
  http.send(std::move(request),
            [this, now = push.now, done = std::move(done)](const std::optional<Response>& response) {
              if (response && reasonOf(*response) == "ExpiredProviderToken") token_.clear();
              done(read(response, now));
            });
}

}  // namespace tigress::notify
