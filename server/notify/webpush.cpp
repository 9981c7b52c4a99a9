#include "server/notify/webpush.h"

#include "common/base64.h"
#include "server/notify/json_web_token.h"
#include "server/notify/message_encryption.h"
#include "tigress/json.h"

namespace tigress::notify {
namespace {

constexpr std::size_t kAuthBytes = 16;
constexpr std::size_t kSaltBytes = 16;
// A token lasts a day at most (RFC 8292 section 2); push services look at their own clocks.
constexpr std::chrono::hours kTokenLife{12};
constexpr std::chrono::hours kTokenReuse{6};
constexpr std::size_t kMostTokens = 256;

std::int64_t seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

struct WebPush::Subscription {
  std::string url;
  Endpoint endpoint;
  std::string key;
  std::string secret;
};

WebPush::WebPush(Parts parts)
    : parts_(std::move(parts)), publicKey_(base64UrlEncode(parts_.key.publicPoint())) {}

std::optional<WebPush::Subscription> WebPush::read(const std::string& token) const {
  const auto text = base64UrlDecode(token);
  const auto json = text ? Json::parse(*text) : Result<Json>(ParseError{});
  if (!json) return std::nullopt;
  const std::string* url = json->findString("endpoint");
  const Json* keys = json->find("keys");
  const std::string* key = keys ? keys->findString("p256dh") : nullptr;
  const std::string* secret = keys ? keys->findString("auth") : nullptr;
  if (!url || !key || !secret) return std::nullopt;
  auto endpoint = Endpoint::parse(*url);
  auto point = base64UrlDecode(*key);
  auto shared = base64UrlDecode(*secret);
  if (!endpoint || !point || !shared || shared->size() != kAuthBytes) return std::nullopt;
  if (!parts_.rules.allow(*endpoint)) return std::nullopt;
  return Subscription{*url, std::move(*endpoint), std::move(*point), std::move(*shared)};
}

std::optional<std::string> WebPush::hostOf(const std::string& token) const {
  auto subscription = read(token);
  if (!subscription || !isP256Point(subscription->key)) return std::nullopt;
  return std::move(subscription->endpoint.host);
}

const std::string& WebPush::tokenFor(const std::string& origin, TimePoint now) {
  if (tokens_.size() >= kMostTokens) tokens_.clear();
  Signed& kept = tokens_[origin];
  if (!kept.token.empty() && now >= kept.made && now - kept.made < kTokenReuse) return kept.token;
  Json::Object claims = {{"aud", origin}, {"exp", seconds(now + kTokenLife)}};
  if (!parts_.contact.empty()) claims.push_back({"sub", parts_.contact});
  kept = {jsonWebToken(Json::Object{{"typ", "JWT"}, {"alg", "ES256"}}, std::move(claims),
                       [this](std::string_view input) { return parts_.key.sign(input); }),
          now};
  return kept.token;
}

void WebPush::send(const Push& push, HttpClient& http, DeliveryDone done) {
  const auto subscription = read(push.token);
  const std::string_view words = push.message.empty() ? kChanged : std::string_view(push.message);
  auto sealed = subscription ? encryptMessage(words, subscription->key, subscription->secret,
                                              EcKey::generate(), randomBytes(parts_.random, kSaltBytes))
                             : std::nullopt;
  // Settings may have changed since the token was taken.
  if (!sealed) return done({Delivery::Kind::gone});
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(push.until - push.now);
  OutboundRequest request;
  request.url = subscription->url;
  request.headers = {{"TTL", std::to_string(std::max<std::int64_t>(life.count(), 0))},
                     {"Urgency", "high"},
                     {"Topic", push.collapse},
                     {"Content-Encoding", "aes128gcm"},
                     {"Content-Type", "application/octet-stream"},
                     {"Authorization",
                      "vapid t=" + tokenFor(subscription->endpoint.origin, push.now) + ", k=" + publicKey_}};
  request.body = std::move(*sealed);
  http.send(std::move(request), [now = push.now,
                                 done = std::move(done)](const std::optional<Response>& response) {
    Delivery delivery = deliveryOf(response, now);
    if (delivery.kind == Delivery::Kind::refused && (response->status == 401 || response->status == 403)) {
      delivery.problem = "a push service refused this relay's signature: see push.vapid-key and push.contact";
    }
    done(std::move(delivery));
  });
}

}  // namespace tigress::notify
