#include "tigress/allow_list.h"

#include "tests/catch.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

/// Counts what comes through.
class CountingTransport final : public Transport {
 public:
  Result<Response, Failure> exchange(const Request&, std::chrono::seconds) override {
    ++requests;
    return Response{404, {}, {}};
  }
  int requests = 0;
};

}  // namespace

TEST_CASE("a list allows the servers it names, with their ports, and no others") {
  struct Row {
    const char* list;
    std::vector<const char*> allowed;
    std::vector<const char*> refused;
  };
  const Row rows[] = {
      {"relay.example",
       {"https://relay.example/v1/", "https://RELAY.example:443/", "https://relay.example?x",
        "https://relay.example"},
       {"https://relay.example:8443/", "https://evil.example/", "https://a.relay.example/",
        "https://relay.example.evil.example/", "https://evilrelay.example/",
        "https://relay.example@evil.example/", "ftp://relay.example/", "relay.example", ""}},
      {"relay.example:8443",
       {"https://relay.example:8443/"},
       {"https://relay.example/", "https://relay.example:843/"}},
      {"relay.example:*",
       {"https://relay.example:1/", "https://relay.example/"},
       {"https://other.example:1/"}},
      {"*.relay.example",
       {"https://eu.relay.example/", "https://a.b.relay.example/"},
       {"https://relay.example/", "https://evilrelay.example/", "https://eu.relay.example:8443/"}},
      {"https://relay.example, dav.example:8443\n*.corp.example:*",
       {"https://relay.example/", "https://dav.example:8443/x", "https://a.corp.example:99/"},
       {"https://dav.example/"}},
      {"http://localhost:8080", {"http://localhost:8080/"}, {"https://localhost:8080/", "http://localhost/"}},
      {"localhost:8080", {"https://localhost:8080/"}, {"http://localhost:8080/"}},
      {"[::1]:8443", {"https://[::1]:8443/"}, {"https://[::1]/"}},
      {"", {}, {"https://relay.example/"}},
  };
  for (const Row& row : rows) {
    INFO(row.list);
    const auto list = AllowList::parse(row.list);
    REQUIRE(list);
    for (const char* url : row.allowed) {
      INFO(url);
      CHECK(list->allows(url));
    }
    for (const char* url : row.refused) {
      INFO(url);
      CHECK_FALSE(list->allows(url));
    }
  }
  CHECK(AllowList().allows("https://anything.example/"));
}

TEST_CASE("a list with an entry that is no server is refused as a whole") {
  for (const char* text : {"relay.example, http://relay.example", "relay.example/folder", "*", "*.",
                           "*.example", "rel*.example", "relay.example:0", "user@relay.example", "*.[::1]"}) {
    INFO(text);
    CHECK_FALSE(AllowList::parse(text));
  }
  const auto list = AllowList::parse("relay.example b.example:x");
  REQUIRE_FALSE(list);
  CHECK(list.error().detail.find("number 2") == 0);
}

TEST_CASE("a request to a server that is not on the list is never sent") {
  CountingTransport wire;
  AllowListTransport transport(wire, *AllowList::parse("relay.example"));
  const auto refused = transport.exchange({"GET", "https://evil.example:1/v1/x", {}, {}}, 1s);
  checkFails(refused, FailureCode::relayNotAllowed);
  CHECK(refused.error().detail.find("evil.example:1") == 0);
  CHECK(wire.requests == 0);
  CHECK(transport.exchange({"GET", "https://relay.example/v1/x", {}, {}}, 1s));
  CHECK(wire.requests == 1);
}

TEST_CASE("a link to a relay that is not on the list opens no connection, in whatever way it is used") {
  CountingTransport wire;
  AllowListTransport transport(wire, *AllowList::parse("relay.example"));
  const auto link =
      "https://evil.example/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json#hXlr6aRC7KgJpOLTNZaLsw";
  Receiver receiver({transport}, *ShareLink::parse(link));
  checkFails(receiver.receive(), FailureCode::relayNotAllowed);
  checkFails(receiver.remove(), FailureCode::relayNotAllowed);
  checkFails(receiver.lock(), FailureCode::relayNotAllowed);
  checkFails(receiver.status(), FailureCode::relayNotAllowed);
  checkFails(Sender::create({transport}, SharePlace{"https://evil.example"}, offer()),
             FailureCode::relayNotAllowed);
  checkFails(Sender::create({transport}, SharePlace{"https://evil.example", "/a/"}, offer()),
             FailureCode::relayNotAllowed);
  CHECK(wire.requests == 0);
}
