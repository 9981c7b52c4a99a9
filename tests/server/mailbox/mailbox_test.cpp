#include "tests/server/devices.h"

namespace tigress::relay {
namespace {

std::string make(RelayBench& bench, const Phone& phone, const std::string& configuration = {}) {
  const Response response = bench.send("POST", "/v1/m", phone.headers(), creation(configuration));
  REQUIRE(response.status == 200);
  return pathIn(member(response, "urlLink"));
}

std::string data(const Response& response) {
  const auto json = Json::parse(response.body);
  const Json* payload = json ? json->find("payload") : nullptr;
  const std::string* text = payload ? payload->findString("data") : nullptr;
  return text ? *text : std::string();
}

TEST_CASE("CreateMailbox gives a link, and says that no push will come") {
  RelayBench bench;
  const Response made = bench.send("POST", "/v1/m", Phone().headers(), creation());
  CHECK(made.status == 200);
  CHECK(member(made, "urlLink").find("https://relay.example/v1/m/") == 0);
  CHECK(*Json::parse(made.body)->find("isPushNotificationSupported")->boolean() == false);
  CHECK(bench.send("POST", "/v1/m", {}, creation()).status == 400);
  CHECK(bench.send("POST", "/v1/m", Phone().headers(), payload("no preview")).status == 400);
  CHECK(bench.send("POST", "/v1/m", Phone().headers(), "{").status == 400);
  CHECK(bench.send("GET", "/v1/m", Phone().headers()).status == 405);
}

TEST_CASE("ReadSecureContentFromMailbox binds the receiver and shows payload, preview and expiration") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = make(bench, owner);
  const Response read = bench.send("POST", path, friendly.headers());
  CHECK(read.status == 200);
  CHECK(data(read) == "AAAA");
  CHECK(member(read, "expiration") == "2026-11-22T12:00:00Z");
  CHECK(Json::parse(read.body)->find("displayInformation"));
  CHECK(bench.send("POST", path, Phone().headers()).status == 401);
  CHECK(bench.send("POST", path).status == 400);
  CHECK(member(bench.send("POST", path, owner.headers()), "state") == "claimed");
  CHECK(member(bench.send("POST", path, friendly.headers()), "state").empty());
}

TEST_CASE("UpdateMailbox needs the right W and keeps the preview") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = make(bench, owner, R"("accessRights":"RWD")");
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(bench.send("PUT", path, friendly.headers(), payload("reply")).status == 200);
  const Response read = bench.send("POST", path, owner.headers());
  CHECK(data(read) == base64Encode("reply"));
  CHECK(Json::parse(read.body)->find("displayInformation")->findString("title"));
  CHECK(bench.send("PUT", path, friendly.headers(), "[]").status == 400);
  CHECK(data(bench.send("POST", path, owner.headers())) == base64Encode("reply"));

  const std::string readOnly = make(bench, owner);
  REQUIRE(bench.send("POST", readOnly, friendly.headers()).status == 200);
  CHECK(bench.send("PUT", readOnly, friendly.headers(), payload("reply")).status == 401);
}

TEST_CASE("an update and the preview it keeps are together no larger than a share may be") {
  share::Rules rules;
  rules.largestDocument = 1000;
  RelayBench bench(rules);
  const Phone owner;
  const Response made =
      bench.send("POST", "/v1/m", owner.headers(),
                 R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"displayInformation":{)"
                 R"("title":")" +
                     std::string(700, 't') + R"("},"mailboxConfiguration":{"accessRights":"RWD"}})");
  REQUIRE(made.status == 200);
  const std::string path = pathIn(member(made, "urlLink"));
  const share::SharePointer before = bench.store().find(*Uuid::parse(path.substr(6)));
  const std::size_t room = 1000 - before->body.size();

  // base64 of three bytes more is four characters more
  const std::string fits(3 + room / 4 * 3, 'x');
  const Response refused = bench.send("PUT", path, owner.headers(), payload(fits + "xxx"));
  CHECK(refused.status == 413);
  CHECK(bench.store().find(before->id)->version == before->version);
  CHECK(bench.send("PUT", path, owner.headers(), payload(fits)).status == 200);
  CHECK(bench.store().find(before->id)->body.size() <= 1000);
}

TEST_CASE("an update's notification token is kept from the other device") {
  RelayBench bench;
  const Phone owner;
  const std::string path = make(bench, owner, R"("accessRights":"RWD")");
  std::string update = payload("x");
  update.insert(1, R"("notificationToken":{"type":"com.example","tokenData":"secret-token"},)");
  REQUIRE(bench.send("PUT", path, owner.headers(), update).status == 200);
  CHECK(bench.send("POST", path, Phone().headers()).body.find("secret-token") == std::string::npos);
}

TEST_CASE("ReadDisplayInformationFromMailbox is for everyone and never shows the payload") {
  RelayBench bench;
  const std::string path = make(bench, Phone());
  const Response page = bench.send("GET", path, {{"Accept", "text/html"}});
  CHECK(page.status == 200);
  CHECK(page.body.find("og:url\" content=\"https://relay.example" + path) != std::string::npos);
  const Response json = bench.send("GET", path, {{"Accept", "application/json"}});
  CHECK(json.status == 200);
  CHECK(Json::parse(json.body)->find("displayInformation"));
  CHECK_FALSE(Json::parse(json.body)->find("payload"));
}

TEST_CASE("RelinquishMailbox lets another device bind") {
  RelayBench bench;
  const Phone owner;
  const Phone first;
  const Phone second;
  const std::string path = make(bench, owner);
  REQUIRE(bench.send("POST", path, first.headers()).status == 200);
  CHECK(bench.send("PATCH", path, second.headers()).status == 401);
  CHECK(bench.send("PATCH", path, owner.headers()).status == 401);
  CHECK(bench.send("PATCH", path, first.headers()).status == 200);
  CHECK(bench.send("POST", path, second.headers()).status == 200);
  CHECK(bench.send("POST", path, first.headers()).status == 401);
}

TEST_CASE("DeleteMailbox ends it for everybody; foreign claims are 401, what is not there is 404") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = make(bench, owner);
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(bench.send("DELETE", path, Phone().headers()).status == 401);
  CHECK(bench.send("DELETE", path, friendly.headers()).status == 200);
  CHECK(bench.send("POST", path, friendly.headers()).status == 404);
  CHECK(member(bench.send("POST", path, owner.headers()), "state") == "completed");
  CHECK(bench.send("POST", "/v1/m/5f3b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55", owner.headers()).status == 404);
  CHECK(bench.send("POST", "/v1/m/banana", owner.headers()).status == 404);
}

TEST_CASE("every call repeated with its request id is answered 201 and done once") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const Headers create = owner.headers({{"Mailbox-Request-ID", uuid()}});
  const std::string body = creation(R"("accessRights":"RWD")");
  const std::string link = member(bench.send("POST", "/v1/m", create, body), "urlLink");
  const Response again = bench.send("POST", "/v1/m", create, body);
  CHECK(again.status == 201);
  CHECK(member(again, "urlLink") == link);
  const std::string path = pathIn(link);

  struct Step {
    std::string method;
    std::string body;
  };
  for (const Step& step : {Step{"POST", ""}, Step{"PUT", payload("reply")}, Step{"DELETE", ""}}) {
    CAPTURE(step.method);
    const Headers headers = friendly.headers({{"Mailbox-Request-ID", uuid()}});
    CHECK(bench.send(step.method, path, headers, step.body).status == 200);
    const Response repeat = bench.send(step.method, path, headers, step.body);
    CHECK(repeat.status == 201);
    CHECK(repeat.headers.get("Mailbox-Request-ID") == headers.get("Mailbox-Request-ID"));
  }
}

TEST_CASE("a relinquish repeated after another device was bound does not put that one out") {
  RelayBench bench;
  const Phone first;
  const Phone second;
  const std::string path = make(bench, Phone());
  REQUIRE(bench.send("POST", path, first.headers()).status == 200);
  const Headers headers = first.headers({{"Mailbox-Request-ID", uuid()}});
  CHECK(bench.send("PATCH", path, headers).status == 200);
  CHECK(bench.send("PATCH", path, headers).status == 201);
  REQUIRE(bench.send("POST", path, second.headers()).status == 200);
  CHECK(bench.send("PATCH", path, headers).status == 401);
  CHECK(bench.send("POST", path, second.headers()).status == 200);
}

TEST_CASE("a condition that does not hold keeps a call from happening") {
  RelayBench bench;
  const Phone owner;
  const std::string path = make(bench, owner, R"("accessRights":"RWD")");
  const std::string document = "/v1/" + path.substr(6) + "/share.json";
  REQUIRE(bench.send("POST", path, owner.headers()).status == 200);
  const std::string etag(bench.send("POST", path, owner.headers()).headers.get("ETag"));
  CHECK(etag == bench.send("GET", document, owner.headers()).headers.get("ETag"));
  const Uuid id = *Uuid::parse(path.substr(6));
  const std::uint64_t version = bench.store().find(id)->version;

  struct Row {
    const char* name;
    const char* value;  // with TAG for the document's
    int status;         // 0: the condition holds
  };
  const Row row = GENERATE(
      Row{"If-Match", "\"stale\"", 412}, Row{"If-Match", "banana", 412}, Row{"If-Match", "W/TAG", 412},
      Row{"If-Match", "TAG", 0}, Row{"If-Match", "*", 0}, Row{"If-None-Match", "*", 412},
      Row{"If-None-Match", "TAG", 412}, Row{"If-None-Match", "\"stale\"", 0},
      Row{"If-Unmodified-Since", "Sat, 21 Nov 2026 11:59:59 GMT", 412},
      Row{"If-Unmodified-Since", "Sat, 21 Nov 2026 12:00:00 GMT", 0}, Row{"If", "([\"stale\"])", 412},
      Row{"If", "([TAG])", 412}, Row{"Content-Range", "bytes 0-3/8", 400});
  std::string value = row.value;
  if (const std::size_t tag = value.find("TAG"); tag != std::string::npos) value.replace(tag, 3, etag);
  const std::string method = GENERATE("POST", "PUT", "DELETE");
  CAPTURE(row.name, value, method);
  const bool ofPut = row.status == 400;
  const int expected = row.status == 0 || (ofPut && method != "PUT") ? 200 : row.status;
  const std::string body = method == "PUT" ? payload("reply") : std::string();
  CHECK(bench.send(method, path, owner.headers({{row.name, value}}), body).status == expected);
  if (expected != 200) CHECK(bench.store().find(id)->version == version);
  // A stranger's claim is looked at first, so that conditions tell it nothing.
  if (method != "POST" && expected != 200)
    CHECK(bench.send(method, path, Phone().headers({{row.name, value}}), body).status == 401);
}

TEST_CASE("a share made in one dialect is read, answered and closed in the other") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  SECTION("made by WebDAV") {
    const std::string document = share(bench, owner);
    const std::string path = "/v1/m/" + document.substr(4, 36);
    CHECK(data(bench.send("POST", path, friendly.headers())) == "AAAA");
    CHECK(bench.send("PUT", path, friendly.headers(), payload("reply")).status == 200);
    CHECK(data(bench.send("GET", document, owner.headers())) == base64Encode("reply"));
    CHECK(bench.send("DELETE", path, friendly.headers()).status == 200);
    CHECK(bench.send("GET", document, owner.headers()).status == 404);
  }
  SECTION("made by the mailbox dialect") {
    const std::string path = make(bench, owner, R"("accessRights":"RWD")");
    const std::string document = "/v1/" + path.substr(6) + "/share.json";
    const Response read = bench.send("POST", document, friendly.headers());
    CHECK(data(read) == "AAAA");
    CHECK(bench
              .send("PUT", document, friendly.headers({{"If-Match", std::string(read.headers.get("ETag"))}}),
                    payload("reply"))
              .status == 204);
    CHECK(data(bench.send("POST", path, owner.headers())) == base64Encode("reply"));
    CHECK(bench.send("DELETE", document, friendly.headers()).status == 204);
    CHECK(bench.send("POST", path, owner.headers()).status == 404);
  }
  SECTION("an open share is read by whoever has its URL") {
    const std::string document =
        pathIn(bench.send("POST", "/v1/", {}, payload("open")).headers.get("Location"));
    const std::string path = "/v1/m/" + document.substr(4, 36);
    CHECK(data(bench.send("POST", path, friendly.headers())) == base64Encode("open"));
    CHECK(data(bench.send("POST", path, Phone().headers())) == base64Encode("open"));
  }
}

TEST_CASE("a lock taken by WebDAV holds in the mailbox dialect") {
  RelayBench bench;
  const Phone owner;
  const std::string document = share(bench, owner);
  REQUIRE(bench.send("LOCK", document, owner.headers(), formatLockInfo(LockScope::exclusive, "")).status ==
          200);
  const std::string path = "/v1/m/" + document.substr(4, 36);
  CHECK(bench.send("PUT", path, owner.headers(), payload("x")).status == 423);
  CHECK(bench.send("DELETE", path, owner.headers()).status == 200);
}

TEST_CASE("a lock on an open share keeps a removal out of both dialects") {
  RelayBench bench;
  const std::string document =
      pathIn(bench.send("POST", "/v1/", {}, payload("open")).headers.get("Location"));
  const std::string collection = document.substr(0, document.rfind('/') + 1);
  const std::string mailbox = "/v1/m/" + document.substr(4, 36);
  const std::string root = GENERATE_COPY(document, collection);
  const Response locked = bench.send("LOCK", root, {}, formatLockInfo(LockScope::exclusive, ""));
  REQUIRE(locked.status == 200);
  CHECK(bench.send("DELETE", document).status == 423);
  CHECK(bench.send("DELETE", mailbox, Phone().headers()).status == 423);
  REQUIRE(bench.send("GET", document).status == 200);

  const std::string token(locked.headers.get("Lock-Token"));
  REQUIRE(bench.send("UNLOCK", root, {{"Lock-Token", token}}).status == 204);
  CHECK(bench.send("DELETE", mailbox, Phone().headers()).status == 200);
}

}  // namespace
}  // namespace tigress::relay
