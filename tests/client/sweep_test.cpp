#include "tigress/sweep.h"

#include "tests/catch.h"
#include "tests/client/fake_dav_server.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

constexpr auto kId = "/shares/2bba630e-519b-41ec-8f63-0242ac130002/";
constexpr auto kOtherId = "/shares/2bba630e-519b-41ec-8f63-0242ac130003/";

std::string documentUntil(TimePoint end) {
  return R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAAAAAA"},"expiration":")" + formatRfc3339(end) +
         "\"}";
}

void store(FakeDavServer& server, const std::string& collection, const std::string& body) {
  server.resources[collection] = {{}, true};
  server.resources[collection + "share.json"] = {body};
}

}  // namespace

TEST_CASE("a sweep removes shares whose time is up, locked ones as well, and keeps those that live") {
  FakeDavServer server;
  Offer brief = offer();
  brief.expires = server.now + 1h;
  Sender expired = send(server, brief);
  REQUIRE(expired.lock());
  Sender living = send(server);
  server.now += 1h;

  const auto counted = sweep(server.environment(), server.place(), false);
  REQUIRE(counted);
  CHECK(counted->shares == 2);
  CHECK(counted->expired == 1);
  CHECK(counted->removed == 0);
  CHECK(server.stored() == 4);

  const auto swept = sweep(server.environment(), server.place(), true);
  REQUIRE(swept);
  CHECK(swept->shares == 2);
  CHECK(swept->expired == 1);
  CHECK(swept->removed == 1);
  CHECK(swept->failed == 0);
  CHECK(server.stored() == 2);
  CHECK(receiverOf(server, living).receive());

  const auto again = sweep(server.environment(), server.place(), true);
  REQUIRE(again);
  CHECK(again->shares == 1);
  CHECK(again->removed == 0);
}

TEST_CASE("a sweep leaves alone whatever is not a share to the last detail") {
  struct Row {
    const char* name;
    void (*lay)(FakeDavServer& server, const std::string& expired);
  };
  const Row rows[] = {
      {"a file", [](FakeDavServer& server,
                    const std::string& body) { server.resources["/shares/share.json"] = {body}; }},
      {"a file named like a share",
       [](FakeDavServer& server, const std::string& body) {
         server.resources["/shares/2bba630e-519b-41ec-8f63-0242ac130002"] = {body};
       }},
      {"another name",
       [](FakeDavServer& server, const std::string& body) { store(server, "/shares/holiday/", body); }},
      {"a name in capitals",
       [](FakeDavServer& server, const std::string& body) {
         store(server, "/shares/2BBA630E-519B-41EC-8F63-0242AC130002/", body);
       }},
      {"a UUID that is not random",
       [](FakeDavServer& server, const std::string& body) {
         store(server, "/shares/2bba630e-519b-11ec-8f63-0242ac130002/", body);
       }},
      {"a UUID of another variant",
       [](FakeDavServer& server, const std::string& body) {
         store(server, "/shares/2bba630e-519b-41ec-cf63-0242ac130002/", body);
       }},
      {"a second document",
       [](FakeDavServer& server, const std::string& body) {
         store(server, kId, body);
         server.resources[std::string(kId) + "notes.txt"] = {"mine"};
       }},
      {"no document",
       [](FakeDavServer& server, const std::string&) {
         server.resources[kId] = {{}, true};
       }},
      {"another document",
       [](FakeDavServer& server, const std::string& body) {
         server.resources[kId] = {{}, true};
         server.resources[std::string(kId) + "other.json"] = {body};
       }},
      {"a collection share.json",
       [](FakeDavServer& server, const std::string&) {
         server.resources[kId] = {{}, true};
         server.resources[std::string(kId) + "share.json/"] = {{}, true};
       }},
      {"no JSON", [](FakeDavServer& server, const std::string&) { store(server, kId, "hello"); }},
      {"no payload",
       [](FakeDavServer& server, const std::string&) {
         store(server, kId, R"({"expiration":"2020-01-01T00:00:00Z"})");
       }},
      {"no expiration",
       [](FakeDavServer& server, const std::string&) {
         store(server, kId, R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAAAAAA"}})");
       }},
      {"an expiration that is no time",
       [](FakeDavServer& server, const std::string&) {
         store(server, kId,
               R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAAAAAA"},"expiration":"soon"})");
       }},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    FakeDavServer server;
    row.lay(server, documentUntil(server.now - 24h));
    const std::size_t before = server.resources.size();
    const auto swept = sweep(server.environment(), server.place(), true);
    REQUIRE(swept);
    CHECK(swept->shares == 0);
    CHECK(swept->strangers == 1);
    CHECK(server.resources.size() == before);
    for (const Request& request : server.requests) CHECK(request.method != "DELETE");
  }
}

TEST_CASE("a clock that is wrong, here or there, ends no share early") {
  FakeDavServer server;
  store(server, kId, documentUntil(server.now + 1h));
  Environment ahead = server.environment();
  ahead.now = [&] { return server.now + 48h; };
  const auto swept = sweep(ahead, server.place(), true);
  REQUIRE(swept);
  CHECK(swept->expired == 0);

  Environment behind = server.environment();
  const TimePoint early = server.now;
  behind.now = [&] { return early; };
  server.now += 48h;
  CHECK(sweep(behind, server.place(), true)->expired == 0);
  CHECK(server.stored() == 2);
}

TEST_CASE("what a sweep cannot remove is counted, and the rest is swept") {
  FakeDavServer server;
  server.showsTokens = false;
  store(server, kId, documentUntil(server.now));
  store(server, kOtherId, documentUntil(server.now));
  server.resources[std::string(kId) + "share.json"].lockToken = "urn:uuid:unknown";
  const auto swept = sweep(server.environment(), server.place(), true);
  REQUIRE(swept);
  CHECK(swept->expired == 2);
  CHECK(swept->removed == 1);
  CHECK(swept->failed == 1);
}

TEST_CASE("a sweep of what cannot be listed fails") {
  FakeDavServer server;
  server.answers = {{403, {}, {}}};
  checkFails(sweep(server.environment(), server.place(), true), FailureCode::refusedByPolicy);
  server.resources.clear();
  checkFails(sweep(server.environment(), server.place(), true), FailureCode::notFoundOrExpired);
}
