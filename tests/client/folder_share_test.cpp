#include "common/text.h"
#include "tests/catch.h"
#include "tests/client/fake_dav_server.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

using Tags = FakeDavServer::Tags;

// What servers lack, each of them enough to work with.
struct Lack {
  const char* name;
  void (*take)(FakeDavServer& server);
};
constexpr Lack kLacks[] = {
    {"nothing", [](FakeDavServer&) {}},
    {"locks", [](FakeDavServer& server) { server.hasLocks = false; }},
    {"locks that hold", [](FakeDavServer& server) { server.holdsLocks = false; }},
    {"ETags", [](FakeDavServer& server) { server.tags = Tags::none; }},
    {"strong ETags", [](FakeDavServer& server) { server.tags = Tags::weak; }},
    {"conditions", [](FakeDavServer& server) { server.honoursIfMatch = server.honoursIfNoneMatch = false; }},
    {"lock tokens that are shown", [](FakeDavServer& server) { server.showsTokens = false; }},
    {"whole URLs in If", [](FakeDavServer& server) { server.ifPrefix = "</"; }},
    {"names in If", [](FakeDavServer& server) { server.ifPrefix = "("; }},
    {"locks, ETags and conditions",
     [](FakeDavServer& server) {
       server.hasLocks = server.honoursIfMatch = server.honoursIfNoneMatch = false;
       server.tags = Tags::none;
     }},
};

void checkReceives(Session& session, int number) {
  const auto received = session.receive(60s);
  if (!received) FAIL(received.error().detail);
  CHECK(*received == message(number));
}

}  // namespace

TEST_CASE("a share in a folder is a collection with one document, made in this order") {
  FakeDavServer server;
  Sender sender = send(server);
  CHECK(server.methods() == std::vector<std::string>{"OPTIONS", "PROPFIND", "MKCOL", "PUT"});
  CHECK(server.requests.back().headers.get("If-None-Match") == "*");
  const ShareUrl& url = sender.link().url;
  CHECK(url.dialect == ShareUrl::Dialect::folder);
  CHECK(url.vertical == Vertical::car);
  CHECK(server.requests.back().target == url.document());
  CHECK(server.resources.count(std::string(FakeDavServer::kFolder) + url.id.toString() + "/") == 1);
  CHECK(url.id.toString()[14] == '4');
  for (const Request& request : server.requests) {
    CHECK_FALSE(request.headers.has("Mailbox-Device-Claim"));
    CHECK_FALSE(request.headers.has("Authorization"));
  }
}

TEST_CASE("the stateless flow works on servers of every kind, and leaves nothing") {
  for (const Lack& lack : kLacks) {
    INFO("without " << lack.name);
    FakeDavServer server;
    lack.take(server);
    Sender sender = send(server);
    const bool locked = bool(sender.lock());
    CHECK(locked == (server.hasLocks && server.showsTokens));
    Receiver receiver = receiverOf(server, sender);
    checkReceives(receiver, 1);
    CHECK(receiver.remove());
    CHECK(server.stored() == 0);
    checkFails(receiverOf(server, sender).receive(), FailureCode::notFoundOrExpired);
    checkFails(sender.remove(), FailureCode::notFoundOrExpired);
  }
}

TEST_CASE("devices talk in turns on servers of every kind") {
  for (const Lack& lack : kLacks) {
    INFO("without " << lack.name);
    FakeDavServer server;
    lack.take(server);
    Sender sender = send(server);
    Receiver receiver = receiverOf(server, sender);
    checkReceives(receiver, 1);
    for (int number = 2; number < 8; number += 2) {
      REQUIRE(receiver.send(message(number)));
      checkReceives(sender, number);
      REQUIRE(sender.send(message(number + 1)));
      checkReceives(receiver, number + 1);
    }
    CHECK(server.document().lockToken.empty());
    CHECK(receiver.expires() == sender.expires());
    REQUIRE(receiver.remove());
    CHECK(server.stored() == 0);
  }
}

TEST_CASE("of two devices that write to a folder at once one is overtaken, and both messages arrive") {
  for (const Lack& lack : kLacks) {
    FakeDavServer server;
    lack.take(server);
    if (!server.hasLocks && !server.honoursIfMatch) continue;  // nothing there could tell them apart
    if (!server.hasLocks && server.tags != Tags::strong) continue;
    INFO("without " << lack.name);
    Sender sender = send(server);
    Receiver receiver = receiverOf(server, sender);
    checkReceives(receiver, 1);
    receiver.prepare({message(2)});
    sender.prepare({message(3)});
    // The receiver writes within the sender's attempt, before that can keep it out.
    server.before[server.hasLocks ? "LOCK" : "PUT"] = [&] { CHECK(receiver.resend()); };
    checkFails(sender.resend(), FailureCode::overtaken);
    checkReceives(sender, 2);
    REQUIRE(sender.resend());
    checkReceives(receiver, 3);
  }
}

TEST_CASE("who comes while the other device writes tries again") {
  FakeDavServer server;
  Sender sender = send(server);
  Receiver receiver = receiverOf(server, sender);
  checkReceives(receiver, 1);
  server.document().lockToken = "urn:uuid:of-the-other-device";
  checkFails(receiver.send(message(2)), FailureCode::slowDown);
  server.whileWaiting = [&] { server.document().lockToken.clear(); };
  REQUIRE(receiver.resend(10s));
  checkReceives(sender, 2);
}

TEST_CASE("a lost answer in a folder costs nothing, whichever it is") {
  for (const char* method : {"OPTIONS", "PROPFIND", "MKCOL", "PUT", "LOCK", "GET", "UNLOCK", "DELETE"}) {
    INFO(method);
    FakeDavServer server;
    const Creation creation(server.environment(), server.place(), offer());
    server.loseAnswers[method] = 1;
    auto sender = Sender::create(server.environment(), *Creation::restore(creation.state()));
    REQUIRE(sender);
    CHECK(server.stored() == 2);
    Receiver receiver = receiverOf(server, *sender);
    checkReceives(receiver, 1);
    server.whileWaiting = [&] { server.document().lockToken.clear(); };  // a lock ends after some seconds
    server.loseAnswers[method] = 1;
    REQUIRE(receiver.send(message(2), 60s));
    checkReceives(*sender, 2);
    server.loseAnswers[method] = 1;
    REQUIRE(receiver.remove());
    CHECK(server.stored() == 0);
  }
}

TEST_CASE("a creation in a folder that was cut off at any step makes the same share once") {
  for (std::size_t steps = 0; steps < 4; ++steps) {
    INFO(steps);
    FakeDavServer server;
    const Json kept = Creation(server.environment(), server.place(), offer()).state();
    // The machine dies behind that many requests: nothing it would have done later happens.
    FakeDavServer shadow;
    auto whole = Sender::create(shadow.environment(), *Creation::restore(kept));
    REQUIRE(whole);
    for (std::size_t i = 0; i < steps; ++i) (void)server.exchange(shadow.requests[i], 1s);
    auto sender = Sender::create(server.environment(), *Creation::restore(kept));
    REQUIRE(sender);
    CHECK(sender->link().reveal() == whole->link().reveal());
    CHECK(server.stored() == 2);
    Receiver receiver = receiverOf(server, *sender);
    checkReceives(receiver, 1);
  }
}

TEST_CASE("a session in a folder goes on from its state") {
  FakeDavServer server;
  Sender owner = send(server);
  Receiver friendly = receiverOf(server, owner);
  checkReceives(friendly, 1);
  Session receiver = afterCrash(server, friendly.state());
  receiver.prepare({message(2)});
  Session again = afterCrash(server, receiver.state());
  REQUIRE(again.resend());
  Session sender = afterCrash(server, owner.state());
  CHECK(sender.expires() == owner.expires());
  checkReceives(sender, 2);
}

TEST_CASE("a share in a folder ends at its time, a day if nobody says another, and the document says so") {
  FakeDavServer server;
  const TimePoint made = server.now;
  Sender sender = send(server);
  CHECK(sender.expires() == made + 24h);
  const auto stored = Json::parse(server.document().body);
  REQUIRE(stored);
  CHECK(*stored->findString("expiration") == formatRfc3339(made + 24h));
  CHECK(parseShareDocument(server.document().body));

  Offer shorter = offer();
  shorter.expires = made + 1h;
  FakeDavServer other;
  Sender brief = send(other, shorter);
  Receiver receiver = receiverOf(other, brief);
  checkReceives(receiver, 1);
  CHECK(receiver.expires() == made + 1h);
  REQUIRE(receiver.send(message(2)));
  CHECK(*Json::parse(other.document().body)->findString("expiration") == formatRfc3339(made + 1h));
  other.now += 1h;
  checkFails(brief.receive(), FailureCode::notFoundOrExpired);
}

TEST_CASE("a share is final until it ends, and the lock asks for that time") {
  FakeDavServer server;
  Sender sender = send(server);
  server.now += 23h;
  REQUIRE(sender.lock());
  std::string timeout;
  for (const Request& request : server.requests) {
    if (request.method == "LOCK") timeout = request.headers.get("Timeout");
  }
  CHECK(timeout == "Second-3600");
  CHECK(sender.lock());  // it is
}

TEST_CASE("a lock whose token nobody can find is given back: the receiver could not remove the share") {
  FakeDavServer server;
  server.showsTokens = false;
  Sender sender = send(server);
  checkFails(sender.lock(), FailureCode::refusedByPolicy);
  CHECK(server.document().lockToken.empty());
}

TEST_CASE("a device that comes to write where the share has gone leaves nothing behind") {
  FakeDavServer server;
  Sender sender = send(server);
  Receiver receiver = receiverOf(server, sender);
  checkReceives(receiver, 1);
  // Only the document goes, and LOCK of what is not there makes it anew.
  const std::string path = sender.link().url.document().substr(std::string(FakeDavServer::kOrigin).size());
  server.before["LOCK"] = [&] { server.resources.erase(path); };
  checkFails(receiver.send(message(2)), FailureCode::notFoundOrExpired);
  CHECK(server.stored() == 0);
}

TEST_CASE("what else lies in a share's collection stays when the share is removed") {
  FakeDavServer server;
  Sender sender = send(server);
  const std::string path = sender.link().url.collection().substr(std::string(FakeDavServer::kOrigin).size());
  server.resources[path + "thesis.txt"] = {"years of work"};
  REQUIRE(sender.remove());
  CHECK(server.resources.count(path + "thesis.txt") == 1);
  CHECK(server.resources.count(path + "share.json") == 0);
}

TEST_CASE("a folder that cannot hold shares is refused with the reason, and nothing stays there") {
  struct Row {
    const char* name;
    void (*spoil)(FakeDavServer& server);
    const char* reason;
  };
  const Row rows[] = {
      {"no WebDAV",
       [](FakeDavServer& server) {
         server.answers = {{405, {}, {}}, {405, {}, {}}};
       },
       "this is no WebDAV server"},
      {"no folder", [](FakeDavServer& server) { server.resources.erase(FakeDavServer::kFolder); },
       "the folder is not there"},
      {"a file", [](FakeDavServer& server) { server.resources[FakeDavServer::kFolder].collection = false; },
       "what is there is no folder"},
      {"no MKCOL", [](FakeDavServer& server) { server.knowsMkcol = false; }, "does not know MKCOL"},
      {"no files", [](FakeDavServer& server) { server.takesFiles = false; }, "the server forbids PUT"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    FakeDavServer server;
    row.spoil(server);
    const auto before = server.resources.size();
    const auto sender = Sender::create(server.environment(), server.place(), offer());
    checkFails(sender, FailureCode::refusedByPolicy);
    CHECK(sender.error().detail.find(row.reason) != std::string::npos);
    CHECK(server.resources.size() == before);
  }
}

TEST_CASE("a server that wants credentials says so, and one that redirects is not followed") {
  FakeDavServer server;
  server.answers = {{401, {{"WWW-Authenticate", "Basic realm=\"x\""}}, {}}};
  checkFails(Sender::create(server.environment(), server.place(), offer()), FailureCode::notAuthorized);
  server.answers = {{200, {{"DAV", "1"}}, {}}, {301, {{"Location", "https://elsewhere.example/"}}, {}}};
  const auto redirected = Sender::create(server.environment(), server.place(), offer());
  checkFails(redirected, FailureCode::relayFailed);
  for (const Request& request : server.requests) CHECK(startsWith(request.target, FakeDavServer::kOrigin));
}

TEST_CASE("a share in a folder is open: its state is not told, its preview is everybody's") {
  FakeDavServer server;
  Sender sender = send(server);
  auto state = sender.status();
  REQUIRE(state);
  CHECK_FALSE((*state)->state);
  const auto preview = RemoteShare::at(server.environment(), sender.link().url)->preview();
  REQUIRE(preview);
  CHECK(preview->display == offer().display);
  CHECK(preview->expires == sender.expires());
  CHECK(receiverOf(server, sender).relinquish());
  REQUIRE(sender.remove());
  checkFails(sender.status(), FailureCode::notFoundOrExpired);
}
