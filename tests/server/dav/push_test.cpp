#include "server/dav/push.h"

#include "common/base64.h"
#include "common/dav_xml.h"
#include "tests/server/dav/dav_bench.h"
#include "tigress/json.h"

// WebDAV-Push on a share's collection. That a push is sent is for the tests of server/notify and tests/push.

namespace tigress::dav {
namespace {

using Catch::Contains;

constexpr char kEndpoint[] = "https://push.example/wpush/8Jx1";
constexpr char kOther[] = "https://push.example/wpush/Zk02";

// A relay that sends Web Pushes to one service.
class OneService final : public share::PushTypes {
 public:
  share::PushSupport supportOf(const std::string& type, const std::string& token) const override {
    const auto subscription = Json::parse(base64UrlDecode(token).value_or(std::string()));
    const std::string* endpoint = subscription ? subscription->findString("endpoint") : nullptr;
    const bool ours = type == share::kWebPush && endpoint && startsWith(*endpoint, "https://push.example/");
    return ours ? share::PushSupport::full : share::PushSupport::none;
  }
  std::string webPushKey() const override { return "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxH"; }
};

const OneService kService;

std::string subscription(const std::string& endpoint, const std::string& key = "BCVxsr7N") {
  return "<web-push-subscription><push-resource>" + endpoint +
         "</push-resource><content-encoding>aes128gcm</content-encoding>"
         "<subscription-public-key type=\"p256dh\">" +
         key +
         "</subscription-public-key><auth-secret>BTBZMqHH6r4Tts7J_aSIgg</auth-secret></"
         "web-push-subscription>";
}

constexpr char kContentUpdate[] = "<content-update><D:depth>1</D:depth></content-update>";
constexpr char kPropertyUpdate[] = "<property-update><D:depth>0</D:depth></property-update>";

std::string pushRegister(const std::string& subscription, const std::string& triggers = kContentUpdate,
                         const std::string& more = {}) {
  return R"(<?xml version="1.0" encoding="utf-8"?><push-register xmlns="https://bitfire.at/webdav-push" )"
         R"(xmlns:D="DAV:"><subscription>)" +
         subscription + "</subscription><trigger>" + triggers + "</trigger>" + more + "</push-register>";
}

struct PushBench : DavBench {
  PushBench() { push = &kService; }

  Response post(const std::string& collection, const std::string& body, Headers headers = {}) {
    headers.add("Content-Type", "application/xml");
    return send("POST", collection, std::move(headers), body);
  }
  std::vector<share::PushRegistration> registrationsOf(const Place& place) const {
    return find(*Uuid::parse(place.document.substr(4, 36)))->registrations;
  }
  // A share of two devices, by their claims.
  Place makeClaimedShare(const std::string& sender, const std::string& receiver) {
    const Response created = send("POST", "/v1/", {{"Mailbox-Device-Claim", sender}}, documentBody(0));
    REQUIRE(created.status == 201);
    const std::string path = std::string(created.headers.get("Location")).substr(rules.origin.size());
    REQUIRE(send("POST", path, {{"Mailbox-Device-Claim", receiver}}).status == 200);
    return Place::of(path.substr(0, path.rfind('/') + 1));
  }
};

TEST_CASE("a relay that sends Web Pushes says so on a share's collection, and only there") {
  PushBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.send("OPTIONS", share.collection).headers.get("DAV") == "1, 2, webdav-push");
  CHECK(bench.send("OPTIONS", share.document).headers.get("DAV") == "1, 2");
  CHECK(bench.send("OPTIONS", "/v1/").headers.get("DAV") == "1, 2");
  bench.push = &share::kNoPush;
  CHECK(bench.send("OPTIONS", share.collection).headers.get("DAV") == "1, 2");
}

TEST_CASE("PROPFIND shows the transports, a topic and the triggers of a collection when they are asked for") {
  PushBench bench;
  const Place share = bench.makeShare();
  const std::string asked =
      R"(<D:propfind xmlns:D="DAV:"><D:prop xmlns="https://bitfire.at/webdav-push"><transports/><topic/>)"
      R"(<supported-triggers/></D:prop></D:propfind>)";
  const std::string found = bench.propfind(share.collection, "0", asked).body;
  CHECK_THAT(found, Contains("<P:vapid-public-key type=\"p256ecdsa\">" + kService.webPushKey() + "<"));
  CHECK_THAT(found, Contains("<P:content-update xmlns:P=\"https://bitfire.at/webdav-push\"><D:depth"));
  CHECK_THAT(found, !Contains("404"));
  const auto topic = propertyText(found, {std::string(kPushNamespace), "topic"});
  REQUIRE(topic);
  CHECK(topic->size() == 22);
  CHECK(propertyText(bench.propfind(share.collection, "0", asked).body,
                     {std::string(kPushNamespace), "topic"}) == topic);
  CHECK(propertyText(bench.propfind(bench.makeShare().collection, "0", asked).body,
                     {std::string(kPushNamespace), "topic"}) != topic);
  CHECK(share.collection.find(*topic) == std::string::npos);

  CHECK_THAT(bench.propfind(share.document, "0", asked).body, !Contains("200 OK"));
  CHECK_THAT(bench.propfind(share.collection).body, !Contains("webdav-push"));
  bench.push = &share::kNoPush;
  CHECK_THAT(bench.propfind(share.collection, "0", asked).body, !Contains("200 OK"));
}

TEST_CASE("a registration is answered with its URL and when it ends, and is told what has changed") {
  PushBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.post(share.collection, pushRegister(subscription(kEndpoint)));
  CHECK(answer.status == 201);
  CHECK(answer.headers.get("Expires") == "Sun, 22 Nov 2026 12:00:00 GMT");
  const auto registrations = bench.registrationsOf(share);
  REQUIRE(registrations.size() == 1);
  const share::PushRegistration& registration = registrations.front();
  CHECK(answer.headers.get("Location") ==
        "https://relay.example" + share.collection + "push/" + registration.id.toString());
  CHECK(registration.type == "webpush");
  CHECK(
      *base64UrlDecode(registration.token) ==
      R"({"endpoint":"https://push.example/wpush/8Jx1","keys":{"p256dh":"BCVxsr7N","auth":"BTBZMqHH6r4Tts7J_aSIgg"}})");
  CHECK(registration.message.find(R"(<?xml version="1.0" encoding="utf-8"?><push-message xmlns=")"
                                  R"(https://bitfire.at/webdav-push"><topic>)") == 0);
  CHECK_THAT(registration.message, Contains("</topic><content-update/></push-message>"));
  CHECK(registration.message.find(share.document.substr(4, 36)) == std::string::npos);
}

TEST_CASE("a registration ends when its device asked, but never after its share") {
  PushBench bench;
  const Place share = bench.makeShare();
  const auto expiresOf = [&](const std::string& asked) {
    const Response answer = bench.post(share.collection, pushRegister(subscription(kEndpoint), kContentUpdate,
                                                                      "<expires>" + asked + "</expires>"));
    return std::string(answer.headers.get("Expires"));
  };
  CHECK(expiresOf("Sat, 21 Nov 2026 13:00:00 GMT") == "Sat, 21 Nov 2026 13:00:00 GMT");
  CHECK(expiresOf("Sat, 21 Nov 2036 13:00:00 GMT") == "Sun, 22 Nov 2026 12:00:00 GMT");
  CHECK(expiresOf("tomorrow") == "Sun, 22 Nov 2026 12:00:00 GMT");
  CHECK(bench
            .post(share.collection, pushRegister(subscription(kEndpoint), kContentUpdate,
                                                 "<expires>Sat, 21 Nov 2026 12:00:00 GMT</expires>"))
            .status == 422);
}

TEST_CASE("the same subscription is registered once, whatever its keys are now") {
  PushBench bench;
  const Place share = bench.makeShare();
  const Response first = bench.post(share.collection, pushRegister(subscription(kEndpoint)));
  const Response again = bench.post(share.collection, pushRegister(subscription(kEndpoint, "BNewKey")));
  CHECK(again.status == 204);
  CHECK(again.headers.get("Location") == first.headers.get("Location"));
  CHECK(again.headers.has("Expires"));
  REQUIRE(bench.registrationsOf(share).size() == 1);
  CHECK_THAT(*base64UrlDecode(bench.registrationsOf(share).front().token), Contains("BNewKey"));
  const Response other = bench.post(share.collection, pushRegister(subscription(kOther)));
  CHECK(other.status == 201);
  CHECK(other.headers.get("Location") != first.headers.get("Location"));
  CHECK(bench.registrationsOf(share).size() == 2);
}

TEST_CASE("what is no registration is refused, and by which rule") {
  PushBench bench;
  const Place share = bench.makeShare();
  struct Row {
    std::string body;
    int status;
    std::string condition;
  };
  const std::string good = subscription(kEndpoint);
  std::string unknownKey = good;
  unknownKey.replace(unknownKey.find("p256dh"), 6, "x25519");
  std::string unknownEncoding = good;
  unknownEncoding.replace(unknownEncoding.find("aes128gcm"), 9, "aesgcm");
  const Row rows[] = {
      {"", 400, ""},
      {"{}", 400, ""},
      {"<push-register/>", 422, ""},
      {lockInfo(), 422, ""},
      {"<!DOCTYPE x []>" + pushRegister(good).substr(38), 403, "no-external-entities"},
      {pushRegister(""), 403, "invalid-subscription"},
      {pushRegister(good + good), 403, "invalid-subscription"},
      {pushRegister("<apns-subscription/>"), 403, "invalid-subscription"},
      {pushRegister(unknownKey), 403, "invalid-subscription"},
      {pushRegister(unknownEncoding), 403, "invalid-subscription"},
      {pushRegister(subscription("https://10.0.0.1/")), 403, "invalid-subscription"},
      {pushRegister(subscription("")), 403, "invalid-subscription"},
      {pushRegister(good, ""), 403, "no-supported-trigger"},
      {pushRegister(good, kPropertyUpdate), 403, "no-supported-trigger"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const Response answer = bench.post(share.collection, row.body);
    CHECK(answer.status == row.status);
    if (!row.condition.empty()) CHECK_THAT(answer.body, Contains(":" + row.condition));
    CHECK(bench.registrationsOf(share).empty());
  }
  CHECK(bench.post(share.collection, pushRegister(good, std::string(kPropertyUpdate) + kContentUpdate))
            .status == 201);
}

TEST_CASE("a client that does not name the one encoding there is may register, too") {
  PushBench bench;
  const Place share = bench.makeShare();
  std::string unsaid = subscription(kEndpoint);
  const std::string encoding = "<content-encoding>aes128gcm</content-encoding>";
  unsaid.erase(unsaid.find(encoding), encoding.size());
  CHECK(bench.post(share.collection, pushRegister(unsaid)).status == 201);
}

TEST_CASE("where no push is sent, and where a share has as many registrations as it may, none is made") {
  PushBench bench;
  const Place share = bench.makeShare();
  bench.push = &share::kNoPush;
  CHECK_THAT(bench.post(share.collection, pushRegister(subscription(kEndpoint))).body,
             Contains("<P:push-not-available"));
  bench.push = &kService;
  bench.rules.registrations.perShare = 1;
  CHECK(bench.post(share.collection, pushRegister(subscription(kEndpoint))).status == 201);
  const Response full = bench.post(share.collection, pushRegister(subscription(kOther)));
  CHECK(full.status == 403);
  CHECK_THAT(full.body, Contains("<P:push-not-available"));
  CHECK(bench.post(share.collection, pushRegister(subscription(kEndpoint))).status == 204);
  CHECK(bench.post(kUnknownShare, pushRegister(subscription(kEndpoint))).status == 404);
}

TEST_CASE("whoever has the URL of a registration ends it, and nobody reads it") {
  PushBench bench;
  const Place share = bench.makeShare();
  const Response made = bench.post(share.collection, pushRegister(subscription(kEndpoint)));
  const std::string url = std::string(made.headers.get("Location")).substr(bench.rules.origin.size());
  const Response read = bench.get(url);
  CHECK(read.status == 405);
  CHECK(read.headers.get("Allow") == "OPTIONS, DELETE");
  CHECK(bench.send("DELETE", share.collection + "push/00000000-0000-4000-8000-000000000000").status == 404);
  CHECK(bench.registrationsOf(share).size() == 1);
  CHECK(bench.send("DELETE", url).status == 204);
  CHECK(bench.registrationsOf(share).empty());
  CHECK(bench.send("DELETE", url).status == 404);
  CHECK(bench.get(share.document).status == 200);
}

TEST_CASE("a registration that has expired is none") {
  PushBench bench;
  const Place share = bench.makeShare();
  const Response made =
      bench.post(share.collection, pushRegister(subscription(kEndpoint), kContentUpdate,
                                                "<expires>Sat, 21 Nov 2026 12:30:00 GMT</expires>"));
  const std::string url = std::string(made.headers.get("Location")).substr(bench.rules.origin.size());
  bench.now += std::chrono::minutes(30);
  CHECK(bench.send("DELETE", url).status == 404);
}

TEST_CASE("only the two devices of a claimed share register, each as itself") {
  PushBench bench;
  const std::string sender = "a0a0a0a0-0000-4000-8000-000000000001";
  const std::string receiver = "a0a0a0a0-0000-4000-8000-000000000002";
  const std::string stranger = "a0a0a0a0-0000-4000-8000-000000000003";
  const Place share = bench.makeClaimedShare(sender, receiver);
  const std::string body = pushRegister(subscription(kEndpoint));
  CHECK(bench.post(share.collection, body).status == 401);
  CHECK(bench.post(share.collection, body, {{"Mailbox-Device-Claim", stranger}}).status == 401);
  CHECK(bench.post(share.collection, body, {{"Mailbox-Device-Claim", sender}}).status == 201);
  const Response made =
      bench.post(share.collection, pushRegister(subscription(kOther)), {{"Mailbox-Device-Claim", receiver}});
  const auto registrations = bench.registrationsOf(share);
  REQUIRE(registrations.size() == 2);
  CHECK(registrations[0].holder == share::Party::sender);
  CHECK(registrations[1].holder == share::Party::receiver);
  // Its URL is nobody else's, so it takes no claim.
  const std::string url = std::string(made.headers.get("Location")).substr(bench.rules.origin.size());
  CHECK(bench.send("DELETE", url).status == 204);
}

TEST_CASE("Push-Dont-Notify spares those it names, and everyone only in an open share") {
  PushBench bench;
  const Place share = bench.makeShare();
  const auto urlOf = [&](const Place& place, const std::string& endpoint) {
    return std::string(
        bench.post(place.collection, pushRegister(subscription(endpoint))).headers.get("Location"));
  };
  const std::string first = urlOf(share, kEndpoint);
  const std::string second = urlOf(share, kOther);
  const std::string elsewhere = urlOf(bench.makeShare(), kEndpoint);
  const auto sparedBy = [&](const Place& place, Headers headers) {
    return bench.ask({"PUT", place.document, std::move(headers), documentBody(7)}).spared;
  };
  const auto header = [](const std::string& value) { return Headers{{"Push-Dont-Notify", value}}; };
  const auto registrations = bench.registrationsOf(share);
  CHECK(sparedBy(share, {}).registrations.empty());
  CHECK_FALSE(sparedBy(share, {}).everyone);
  CHECK(sparedBy(share, header('"' + first + '"')).registrations == std::vector<Uuid>{registrations[0].id});
  CHECK(sparedBy(share, header('"' + second + "\" , \"" + first + '"')).registrations ==
        std::vector<Uuid>{registrations[1].id, registrations[0].id});
  CHECK(sparedBy(share, header('"' + elsewhere + '"')).registrations.empty());
  for (const std::string& odd :
       {first, std::string("\"\""), std::string("\"https://x/\""), std::string("**")}) {
    CAPTURE(odd);
    CHECK(sparedBy(share, header(odd)).registrations.empty());
    CHECK_FALSE(sparedBy(share, header(odd)).everyone);
  }
  CHECK(sparedBy(share, header("*")).everyone);

  const std::string sender = "a0a0a0a0-0000-4000-8000-000000000001";
  const std::string receiver = "a0a0a0a0-0000-4000-8000-000000000002";
  const Place claimed = bench.makeClaimedShare(sender, receiver);
  const share::Spared own =
      sparedBy(claimed, {{"Push-Dont-Notify", "*"}, {"Mailbox-Device-Claim", receiver}});
  CHECK_FALSE(own.everyone);
  CHECK(own.party == share::Party::receiver);
}

}  // namespace
}  // namespace tigress::dav
