#include "server/notify/webhook.h"

#include "common/base64.h"
#include "common/sha256.h"
#include "common/text.h"
#include "server/notify/crypto.h"
#include "tigress/json.h"

namespace tigress::notify {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kShortestSecret = 24;
constexpr std::size_t kLongestSecret = 64;
constexpr std::size_t kChallengeBytes = 24;
constexpr std::chrono::hours kProofLife{24};
constexpr std::chrono::minutes kFailureLife{1};

}  // namespace

struct Webhook::Target {
  std::string url;
  std::string host;
  std::string secret;
};

std::optional<Webhook::Target> Webhook::read(const std::string& token) const {
  const auto text = base64UrlDecode(token);
  const auto json = text ? Json::parse(*text) : Result<Json>(ParseError{});
  const std::string* url = json ? json->findString("url") : nullptr;
  const std::string* secret = json ? json->findString("secret") : nullptr;
  if (!url || !secret || !startsWith(*secret, kSecretPrefix)) return std::nullopt;
  auto key = base64Decode(std::string_view(*secret).substr(kSecretPrefix.size()));
  const auto endpoint = Endpoint::parse(*url);
  if (!endpoint || !parts_.rules.allow(*endpoint)) return std::nullopt;
  if (!key || key->size() < kShortestSecret || key->size() > kLongestSecret) return std::nullopt;
  return Target{*url, endpoint->host, std::move(*key)};
}

std::optional<std::string> Webhook::hostOf(const std::string& token) const {
  auto target = read(token);
  if (!target) return std::nullopt;
  return std::move(target->host);
}

share::PushSupport Webhook::supportOf(const std::string& token) const {
  if (!read(token)) return share::PushSupport::none;
  return proofOf(token, parts_.clock()) == Proof::stood ? share::PushSupport::full
                                                        : share::PushSupport::unproven;
}

std::optional<Webhook::Proof> Webhook::proofOf(const std::string& token, TimePoint now) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = known_.find(token);
  if (found == known_.end()) return std::nullopt;
  const auto life = found->second.proof == Proof::stood ? std::chrono::seconds(kProofLife) : kFailureLife;
  if (now - found->second.since >= life) return std::nullopt;
  return found->second.proof;
}

void Webhook::note(const std::string& token, Proof proof, TimePoint now) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (known_.size() >= parts_.remembered && known_.find(token) == known_.end()) known_.clear();
  known_[token] = {proof, now};
}

void Webhook::prove(const std::string& token, TimePoint now, HttpClient& http) {
  if (proofOf(token, now)) return;
  challenge(token, now, http, [](const Delivery&) {});
}

// An answer that does not give the text back is a server that knows nothing of us: nothing is sent there.
void Webhook::challenge(const std::string& token, TimePoint now, HttpClient& http, DeliveryDone done) {
  const auto target = read(token);
  if (!target) return done({Delivery::Kind::gone});
  note(token, Proof::asked, now);
  const std::string text = base64UrlEncode(randomBytes(parts_.random, kChallengeBytes));
  const std::string id = "msg_" + base64UrlEncode(randomBytes(parts_.random, kChallengeBytes));
  post(*target, id, now,
       Json(Json::Object{{"type", "challenge"},
                         {"timestamp", formatRfc3339(now)},
                         {"data", Json::Object{{"challenge", text}}}})
           .dump(),
       http, [this, token, text, now, done = std::move(done)](const std::optional<Response>& response) {
         const auto json = response ? Json::parse(response->body) : Result<Json>(ParseError{});
         const std::string* back = json ? json->findString("challenge") : nullptr;
         const bool stood = response && response->status == 200 && back && equalInConstantTime(*back, text);
         note(token, stood ? Proof::stood : Proof::failed, now);
         if (stood) return done({Delivery::Kind::delivered});
         Delivery delivery = deliveryOf(response, now);
         if (delivery.kind != Delivery::Kind::later) delivery = {Delivery::Kind::gone};
         done(std::move(delivery));
       });
}

void Webhook::send(const Push& push, HttpClient& http, DeliveryDone done) {
  const auto proof = proofOf(push.token, push.now);
  if (proof != Proof::stood) {
    // Its challenge is on its way, or just failed: not another one now.
    if (proof) return done({Delivery::Kind::later});
    return challenge(push.token, push.now, http,
                     [this, push, &http, done = std::move(done)](Delivery delivery) mutable {
                       if (delivery.kind != Delivery::Kind::delivered) return done(std::move(delivery));
                       send(push, http, std::move(done));
                     });
  }
  const auto target = read(push.token);
  if (!target) return done({Delivery::Kind::gone});
  post(*target, push.id, push.now,
       Json(Json::Object{
                {"type", "changed"}, {"timestamp", formatRfc3339(push.now)}, {"data", Json::Object{}}})
           .dump(),
       http, [now = push.now, done = std::move(done)](const std::optional<Response>& response) {
         done(deliveryOf(response, now));
       });
}

void Webhook::post(const Target& target, const std::string& id, TimePoint now, std::string body,
                   HttpClient& http, OutboundDone done) {
  const std::string timestamp =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  OutboundRequest request;
  request.url = target.url;
  request.headers = {{"Content-Type", "application/json"},
                     {"webhook-id", id},
                     {"webhook-timestamp", timestamp},
                     {"webhook-signature",
                      "v1," + base64Encode(hmacSha256(target.secret, id + '.' + timestamp + '.' + body))}};
  request.body = std::move(body);
  http.send(std::move(request), std::move(done));
}

}  // namespace tigress::notify
