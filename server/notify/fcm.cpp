#include "server/notify/fcm.h"

#include <algorithm>

#include "common/base64.h"
#include "common/text.h"
#include "server/notify/endpoint.h"
#include "server/notify/json_web_token.h"
#include "tigress/json.h"

namespace tigress::notify {
namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr std::size_t kLongestToken = 4096;
constexpr std::chrono::seconds kAssertionLife{3600};
constexpr std::chrono::seconds kMargin{120};  // an access token is not used up to its last second

std::int64_t seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

constexpr ByteSet kTokenBytes = kAlphanumeric | ByteSet(":-_");

// google.rpc.Status with FCM's own code among the details.
bool hasCode(const Response& response, std::string_view code) {
  const auto json = Json::parse(response.body);
  const Json* error = json ? json->find("error") : nullptr;
  const Json* details = error ? error->find("details") : nullptr;
  if (!details || !details->array()) return false;
  return std::any_of(details->array()->begin(), details->array()->end(), [&](const Json& detail) {
    const std::string* text = detail.findString("errorCode");
    return text && *text == code;
  });
}

Delivery read(const std::optional<Response>& response, TimePoint now) {
  Delivery delivery = deliveryOf(response, now);
  if (delivery.kind == Delivery::Kind::delivered || delivery.kind == Delivery::Kind::later) return delivery;
  if (hasCode(*response, "UNREGISTERED") || hasCode(*response, "SENDER_ID_MISMATCH"))
    return {Delivery::Kind::gone};
  if (response->status == 400 && hasCode(*response, "INVALID_ARGUMENT")) return {Delivery::Kind::gone};
  if (response->status == 401) return {Delivery::Kind::later};  // with a new access token
  delivery.kind = Delivery::Kind::refused;
  delivery.problem = "Google's service refused a push: see push.fcm-account and the project's permissions";
  return delivery;
}

}  // namespace

Result<Fcm::Account> Fcm::Account::parse(std::string_view json) {
  const auto root = Json::parse(json);
  if (!root) return ParseError{"is no JSON: " + root.error().detail};
  const auto text = [&](std::string_view name) {
    const std::string* value = root->findString(name);
    return value ? *value : std::string();
  };
  const auto key = RsaKey::fromPem(text("private_key"));
  const std::string url = text("token_uri");
  if (text("type") != "service_account" || text("project_id").empty() || text("client_email").empty() ||
      !key || !Endpoint::parse(url)) {
    return ParseError{
        "is no service account: expected type, project_id, client_email, private_key and token_uri, as "
        "Google's "
        "console writes them"};
  }
  return Account{text("project_id"), text("client_email"), text("private_key_id"), *key, url};
}

Fcm::Fcm(Account account, std::string origin) : account_(std::move(account)), origin_(std::move(origin)) {
  if (const auto endpoint = Endpoint::parse(origin_)) host_ = endpoint->host;
}

std::optional<std::string> Fcm::hostOf(const std::string& token) const {
  const bool good = !token.empty() && token.size() <= kLongestToken && kTokenBytes.hasAll(token);
  if (!good) return std::nullopt;
  return host_;
}

void Fcm::send(const Push& push, HttpClient& http, DeliveryDone done) {
  if (!accessToken_.empty() && push.now < accessEnds_) return sendNow(push, http, std::move(done));
  waiting_.push_back({push, std::move(done)});
  if (!signingIn_) signIn(push.now, http);
}

void Fcm::signIn(TimePoint now, HttpClient& http) {
  signingIn_ = true;
  const std::string assertion =
      jsonWebToken(Json::Object{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", account_.keyId}},
                   Json::Object{{"iss", account_.email},
                                {"scope", kScope},
                                {"aud", account_.tokenUrl},
                                {"iat", seconds(now)},
                                {"exp", seconds(now + kAssertionLife)}},
                   [this](std::string_view input) { return account_.key.sign(input); });
  OutboundRequest request;
  request.url = account_.tokenUrl;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + assertion;
  http.send(std::move(request),
            [this, now, &http](const std::optional<Response>& response) { signedIn(response, now, http); });
}

void Fcm::signedIn(const std::optional<Response>& response, TimePoint now, HttpClient& http) {
  signingIn_ = false;
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  const auto json =
      response && response->status == 200 ? Json::parse(response->body) : Result<Json>(ParseError{});
  const std::string* token = json ? json->findString("access_token") : nullptr;
  const Json* life = json ? json->find("expires_in") : nullptr;
  if (token && !token->empty()) {
    const auto granted = life && life->number() ? parseUnsigned(life->number()->text, 86400) : std::nullopt;
    accessToken_ = *token;
    accessEnds_ = now + std::chrono::seconds(granted.value_or(0)) - kMargin;
    for (Waiting& one : waiting) sendNow(one.push, http, std::move(one.done));
    return;
  }
  Delivery delivery = deliveryOf(response, now);
  if (delivery.kind != Delivery::Kind::later) {
    delivery = {
        Delivery::Kind::later, {}, "Google's service did not sign this relay in: see push.fcm-account"};
  }
  for (const Waiting& one : waiting) one.done(delivery);
}

void Fcm::sendNow(const Push& push, HttpClient& http, DeliveryDone done) {
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(push.until - push.now);
  OutboundRequest request;
  request.url = origin_ + "/v1/projects/" + account_.project + "/messages:send";
  request.headers = {{"Authorization", "Bearer " + accessToken_}, {"Content-Type", "application/json"}};
  request.body =
      Json(Json::Object{
               {"message",
                Json::Object{
                    {"token", push.token},
                    {"data", Json::Object{{"type", "changed"}}},
                    {"android",
                     Json::Object{{"priority", "HIGH"},
                                  {"collapse_key", push.collapse},
                                  {"ttl", std::to_string(std::max<std::int64_t>(life.count(), 0)) + "s"}}}}}})
          .dump();
  http.send(std::move(request),
            [this, now = push.now, done = std::move(done)](const std::optional<Response>& response) {
              if (response && response->status == 401) accessToken_.clear();
              done(read(response, now));
            });
}

}  // namespace tigress::notify
