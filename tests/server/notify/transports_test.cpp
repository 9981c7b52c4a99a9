#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <functional>

#include "server/notify/apns.h"
#include "server/notify/fcm.h"
#include "server/notify/webhook.h"
#include "server/notify/webpush.h"
#include "tests/server/notify/fake_http_client.h"

// What peers cannot show: the wrong token, the wrong answer, the time that passes. That the right ones are
// right is judged by other people's libraries in tests/push.

namespace tigress::notify {
namespace {

using Kind = Delivery::Kind;
using share::PushSupport;

FakeHttpClient::Answer always(int status, Headers headers = {}, std::string body = {}) {
  return [=](const OutboundRequest&) { return Response{status, headers, body}; };
}

std::string encode(Json::Object json) {
  return base64UrlEncode(Json(std::move(json)).dump());
}

TEST_CASE("answers mean what RFC 8030 and RFC 9110 say, and no answer means later") {
  struct Row {
    int status;
    Kind kind;
  };
  for (const Row& row :
       {Row{200, Kind::delivered}, Row{201, Kind::delivered}, Row{204, Kind::delivered},
        Row{301, Kind::refused}, Row{307, Kind::refused}, Row{400, Kind::refused}, Row{401, Kind::refused},
        Row{403, Kind::refused}, Row{404, Kind::gone}, Row{410, Kind::gone}, Row{413, Kind::refused},
        Row{429, Kind::later}, Row{500, Kind::later}, Row{503, Kind::later}}) {
    CAPTURE(row.status);
    CHECK(deliveryOf(Response{row.status, {}, {}}, kNow).kind == row.kind);
  }
  CHECK(deliveryOf(std::nullopt, kNow).kind == Kind::later);
  const auto retryAfter = [](const char* text) {
    return deliveryOf(Response{503, {{"Retry-After", text}}, {}}, kNow).retryAfter;
  };
  CHECK(retryAfter("120") == std::chrono::seconds(120));
  CHECK(retryAfter("Sat, 21 Nov 2026 12:00:30 GMT") == std::chrono::seconds(30));
  CHECK(retryAfter("999999") == std::chrono::hours(1));
  for (const char* text : {"", "soon", "-1", "0", "Sat, 21 Nov 2026 11:00:00 GMT"})
    CHECK_FALSE(retryAfter(text));
}

struct WebPushBench {
  WebPush transport{
      {EcKey::generate(), "mailto:push@relay.example", {{"push.example"}, {443}}, systemRandom}};
  EcKey browser = EcKey::generate();

  std::string token(const std::string& endpoint = "https://push.example/x",
                    std::string auth = std::string(16, 'a')) {
    return encode({{"endpoint", endpoint},
                   {"keys", Json::Object{{"p256dh", base64UrlEncode(browser.publicPoint())},
                                         {"auth", base64UrlEncode(auth)}}}});
  }
};

TEST_CASE("a subscription is taken if its keys are keys and its endpoint is allowed") {
  WebPushBench bench;
  CHECK(bench.transport.supportOf(bench.token()) == PushSupport::full);
  CHECK(bench.transport.hostOf(bench.token()) == "push.example");
  CHECK(bench.token() == share::webPushToken("https://push.example/x",
                                             base64UrlEncode(bench.browser.publicPoint()),
                                             base64UrlEncode(std::string(16, 'a'))));
  const std::string key = base64UrlEncode(bench.browser.publicPoint());
  for (const std::string& token :
       {std::string(), std::string("no base64!"), base64UrlEncode("{"), base64UrlEncode("[]"), encode({}),
        bench.token("https://elsewhere.example/x"), bench.token("https://push.example:8443/x"),
        bench.token("http://push.example/x"), bench.token("https://127.0.0.1/x"),
        bench.token("https://push.example/x", "short"),
        encode({{"endpoint", "https://push.example/x"},
                {"keys", Json::Object{{"p256dh", "AAAA"}, {"auth", "AAAAAAAAAAAAAAAAAAAAAA"}}}}),
        encode({{"endpoint", 1}, {"keys", Json::Object{{"p256dh", key}, {"auth", key}}}}),
        encode({{"endpoint", "https://push.example/x"}})}) {
    CAPTURE(token);
    CHECK(bench.transport.supportOf(token) == PushSupport::none);
  }
}

TEST_CASE("a Web Push says how long it is of use, and a VAPID token serves an origin for hours") {
  WebPushBench bench;
  FakeHttpClient http(always(201));
  Push push = pushTo(bench.token());
  CHECK(deliver(bench.transport, http, push).kind == Kind::delivered);
  push.now += std::chrono::hours(5);
  push.until = push.now - std::chrono::seconds(1);
  deliver(bench.transport, http, push);
  push.now += std::chrono::hours(2);
  deliver(bench.transport, http, push);
  const auto sent = http.sent();
  CHECK(sent[0].headers.get("TTL") == "3600");
  CHECK(sent[1].headers.get("TTL") == "0");
  CHECK(sent[0].headers.get("Authorization") == sent[1].headers.get("Authorization"));
  CHECK(sent[1].headers.get("Authorization") != sent[2].headers.get("Authorization"));
  CHECK(sent[0].body != sent[1].body);  // another key, another salt
  CHECK(sent[0].body.size() == sent[1].body.size());
}

TEST_CASE("a push service that refuses the signature is the operator's business") {
  WebPushBench bench;
  FakeHttpClient http(always(403));
  const Delivery delivery = deliver(bench.transport, http, pushTo(bench.token()));
  CHECK(delivery.kind == Kind::refused);
  CHECK(delivery.problem.find("push.vapid-key") != std::string::npos);
}

Apns apns() {
  return Apns({EcKey::generate(), "KEY1234567", "TEAM123456", "example.wallet", "https://api.push.example"});
}

TEST_CASE("a device token is hexadecimal, and nothing in it can leave the path") {
  const Apns transport = apns();
  CHECK(transport.supportOf(std::string(64, 'a')) == PushSupport::full);
  CHECK(transport.hostOf(std::string(64, 'a')) == "api.push.example");
  for (const std::string& token :
       {std::string(), std::string(62, 'a'), std::string(65, 'a'), std::string(202, 'a'),
        std::string(64, 'g'), "../" + std::string(61, 'a'), std::string(63, 'a') + "\r"}) {
    CHECK(transport.supportOf(token) == PushSupport::none);
  }
}

TEST_CASE("Apple's provider token is used again for 40 minutes, and anew when Apple calls it expired") {
  Apns transport = apns();
  int status = 200;
  FakeHttpClient http([&](const OutboundRequest&) {
    return Response{status, {}, status == 200 ? "" : R"({"reason":"ExpiredProviderToken"})"};
  });
  Push push = pushTo(std::string(64, 'a'));
  deliver(transport, http, push);
  push.now += std::chrono::minutes(39);
  deliver(transport, http, push);
  push.now += std::chrono::minutes(1);
  deliver(transport, http, push);
  status = 403;
  push.now += std::chrono::minutes(1);
  CHECK(deliver(transport, http, push).kind == Kind::later);
  status = 200;
  deliver(transport, http, push);
  std::vector<std::string> tokens;
  for (const OutboundRequest& request : http.sent())
    tokens.emplace_back(request.headers.get("Authorization"));
  CHECK(tokens[0] == tokens[1]);
  CHECK(tokens[1] != tokens[2]);
  CHECK(tokens[2] == tokens[3]);
  CHECK(tokens[3] != tokens[4]);
  CHECK(*partOf(tokens[0].substr(7), 1).findString("iss") == "TEAM123456");
}

TEST_CASE("Apple's reasons tell dead tokens from mistakes of the relay") {
  struct Row {
    int status;
    const char* reason;
    Kind kind;
    bool problem;
  };
  for (const Row& row :
       {Row{410, "Unregistered", Kind::gone, false}, Row{410, "ExpiredToken", Kind::gone, false},
        Row{400, "BadDeviceToken", Kind::gone, false}, Row{400, "DeviceTokenNotForTopic", Kind::gone, false},
        Row{400, "BadTopic", Kind::refused, true}, Row{403, "InvalidProviderToken", Kind::refused, true},
        Row{404, "BadPath", Kind::refused, true}, Row{429, "TooManyRequests", Kind::later, false},
        Row{503, "ServiceUnavailable", Kind::later, false}}) {
    CAPTURE(row.reason);
    Apns transport = apns();
    FakeHttpClient http(always(row.status, {}, R"({"reason":")" + std::string(row.reason) + "\"}"));
    const Delivery delivery = deliver(transport, http, pushTo(std::string(64, 'a')));
    CHECK(delivery.kind == row.kind);
    CHECK(delivery.problem.empty() != row.problem);
  }
}

struct FcmBench {
  // An RSA key is slow to make: one for all.
  static Fcm::Account account() {
    static const std::string kPem = makeKey();
    const auto account =
        Fcm::Account::parse(Json(Json::Object{{"type", "service_account"},
                                              {"project_id", "wallet"},
                                              {"private_key_id", "1"},
                                              {"private_key", kPem},
                                              {"client_email", "relay@wallet.example"},
                                              {"token_uri", "https://sign-in.example/token"}})
                                .dump());
    REQUIRE(account);
    return *account;
  }
  static std::string makeKey() {
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
  }

  Fcm transport{account(), "https://fcm.example"};
  int tokens = 0;
  int sendStatus = 200;
  std::string sendBody;
  int signInStatus = 200;
  FakeHttpClient http{[this](const OutboundRequest& request) {
    if (request.url != "https://sign-in.example/token") return Response{sendStatus, {}, sendBody};
    return Response{signInStatus,
                    {},
                    R"({"access_token":"access)" + std::to_string(++tokens) + R"(","expires_in":3600})"};
  }};
};

TEST_CASE("an access token serves many pushes until shortly before its end") {
  FcmBench bench;
  Push push = pushTo("app:token");
  CHECK(deliver(bench.transport, bench.http, push).kind == Kind::delivered);
  deliver(bench.transport, bench.http, push);
  CHECK(bench.tokens == 1);
  push.now += std::chrono::minutes(58);
  deliver(bench.transport, bench.http, push);
  CHECK(bench.tokens == 2);
  bench.sendStatus = 401;
  CHECK(deliver(bench.transport, bench.http, push).kind == Kind::later);
  bench.sendStatus = 200;
  deliver(bench.transport, bench.http, push);
  CHECK(bench.tokens == 3);
  CHECK(bench.http.sent().back().headers.get("Authorization") == "Bearer access3");
}

TEST_CASE("pushes that come while the relay signs in wait for the same access token") {
  FcmBench bench;
  int delivered = 0;
  for (int i = 0; i < 3; ++i) {
    bench.transport.send(pushTo("app:token"), bench.http,
                         [&](const Delivery& delivery) { delivered += delivery.kind == Kind::delivered; });
  }
  for (int i = 0; i < 3; ++i) bench.http.wait(std::chrono::milliseconds(0));
  CHECK(delivered == 3);
  CHECK(bench.tokens == 1);
}

TEST_CASE("a sign-in that is refused is the operator's business, and tried again") {
  FcmBench bench;
  bench.signInStatus = 400;
  const Delivery delivery = deliver(bench.transport, bench.http, pushTo("app:token"));
  CHECK(delivery.kind == Kind::later);
  CHECK(delivery.problem.find("push.fcm-account") != std::string::npos);
}

TEST_CASE("Google's codes tell dead tokens from mistakes of the relay") {
  struct Row {
    int status;
    const char* code;
    Kind kind;
  };
  for (const Row& row : {Row{404, "UNREGISTERED", Kind::gone}, Row{403, "SENDER_ID_MISMATCH", Kind::gone},
                         Row{400, "INVALID_ARGUMENT", Kind::gone}, Row{404, "NO_PROJECT", Kind::refused},
                         Row{403, "PERMISSION_DENIED", Kind::refused},
                         Row{429, "QUOTA_EXCEEDED", Kind::later}, Row{503, "UNAVAILABLE", Kind::later}}) {
    CAPTURE(row.code);
    FcmBench bench;
    bench.sendStatus = row.status;
    bench.sendBody = R"({"error":{"details":[{"errorCode":")" + std::string(row.code) + R"("}]}})";
    CHECK(deliver(bench.transport, bench.http, pushTo("app:token")).kind == row.kind);
  }
}

TEST_CASE("a registration token has no character that could end it, and an account file must be one") {
  FcmBench bench;
  CHECK(bench.transport.supportOf("abc:APA91b_-9") == PushSupport::full);
  for (const char* token : {"", "a b", "a\"b", "a\nb", "a/b", "\xC3\xA4"}) {
    CHECK(bench.transport.supportOf(token) == PushSupport::none);
  }
  CHECK_FALSE(Fcm::Account::parse("no JSON"));
  CHECK_FALSE(Fcm::Account::parse("{}"));
  CHECK_FALSE(Fcm::Account::parse(
      R"({"type":"service_account","project_id":"p","private_key":"x","client_email":"e"})"));
}

struct WebhookBench {
  TimePoint now = kNow;
  Webhook transport{{{{"hook.example"}, {443}}, systemRandom, [this] { return now; }}};
  std::string token = tokenOf("https://hook.example/x", "whsec_" + base64Encode(std::string(32, 's')));
  // What the server answers to a challenge.
  std::function<Response(const std::string&)> answer = echo;
  FakeHttpClient http{[this](const OutboundRequest& request) {
    const auto body = Json::parse(request.body);
    const Json* data = body->find("data");
    const std::string* challenge = data->findString("challenge");
    if (!challenge) return Response{204, {}, {}};
    return answer(*challenge);
  }};

  static Response echo(const std::string& challenge) {
    return {200, {}, Json(Json::Object{{"challenge", challenge}}).dump()};
  }

  static std::string tokenOf(const std::string& url, const std::string& secret) {
    return encode({{"url", url}, {"secret", secret}});
  }
  std::vector<std::string> types() {
    std::vector<std::string> list;
    for (const OutboundRequest& request : http.sent())
      list.push_back(*Json::parse(request.body)->findString("type"));
    return list;
  }
};

using Types = std::vector<std::string>;

TEST_CASE("a webhook is challenged before its first use, and a day later again") {
  WebhookBench bench;
  CHECK(bench.transport.supportOf(bench.token) == PushSupport::unproven);
  CHECK(deliver(bench.transport, bench.http, pushTo(bench.token)).kind == Kind::delivered);
  CHECK(bench.transport.supportOf(bench.token) == PushSupport::full);
  deliver(bench.transport, bench.http, pushTo(bench.token));
  CHECK(bench.types() == Types{"challenge", "changed", "changed"});
  bench.now += std::chrono::hours(24);
  CHECK(bench.transport.supportOf(bench.token) == PushSupport::unproven);
}

TEST_CASE("a server that does not give the challenge back is sent nothing else") {
  WebhookBench bench;
  bench.answer = GENERATE(
      as<std::function<Response(const std::string&)>>(),
      [](const std::string&) {
        return Response{200, {}, R"({"ok":true})"};
      },
      [](const std::string&) { return WebhookBench::echo("another text"); },
      [](const std::string& challenge) {  // a page that says what could not be found
        Response response = WebhookBench::echo(challenge);
        response.status = 404;
        return response;
      });
  CHECK(deliver(bench.transport, bench.http, pushTo(bench.token)).kind == Kind::gone);
  CHECK(bench.transport.supportOf(bench.token) == PushSupport::unproven);
  CHECK(deliver(bench.transport, bench.http, pushTo(bench.token)).kind == Kind::later);
  bench.transport.prove(bench.token, kNow, bench.http);
  CHECK(bench.types() == Types{"challenge"});
  bench.answer = WebhookBench::echo;
  Push push = pushTo(bench.token);
  push.now += std::chrono::minutes(1);
  CHECK(deliver(bench.transport, bench.http, push).kind == Kind::delivered);
}

TEST_CASE("who has a URL but another secret is challenged too") {
  WebhookBench bench;
  deliver(bench.transport, bench.http, pushTo(bench.token));
  const std::string other =
      WebhookBench::tokenOf("https://hook.example/x", "whsec_" + base64Encode(std::string(32, 't')));
  CHECK(bench.transport.supportOf(other) == PushSupport::unproven);
}

TEST_CASE("a webhook needs an allowed URL and a secret of the usual form") {
  WebhookBench bench;
  const std::string secret = "whsec_" + base64Encode(std::string(32, 's'));
  for (const std::string& token :
       {std::string(), encode({}), WebhookBench::tokenOf("https://other.example/", secret),
        WebhookBench::tokenOf("http://hook.example/", secret),
        WebhookBench::tokenOf("https://hook.example/", "secret"),
        WebhookBench::tokenOf("https://hook.example/", "whsec_" + base64Encode(std::string(23, 's'))),
        WebhookBench::tokenOf("https://hook.example/", "whsec_" + base64Encode(std::string(65, 's'))),
        WebhookBench::tokenOf("https://hook.example/", "whsec_!")}) {
    CHECK(bench.transport.supportOf(token) == PushSupport::none);
  }
}

TEST_CASE("what is remembered of webhooks is bounded") {
  TimePoint now = kNow;
  Webhook transport({{{"hook.example"}, {443}}, systemRandom, [&] { return now; }, 3});
  FakeHttpClient http(always(500));
  const auto token = [](int i) {
    return WebhookBench::tokenOf("https://hook.example/" + std::to_string(i),
                                 "whsec_" + base64Encode(std::string(32, 's')));
  };
  for (int i = 0; i < 4; ++i) deliver(transport, http, pushTo(token(i)));
  deliver(transport, http, pushTo(token(0)));  // was forgotten, so it is asked again
  CHECK(http.sent().size() == 5);
}

}  // namespace
}  // namespace tigress::notify
