#include <set>

#include "tests/client/fake_relay.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

// Whether the pauses are those of a back-off: each drawn from the upper half of what it was to be.
void checkPauses(const FakeRelay& relay, const std::vector<std::chrono::milliseconds>& longest) {
  REQUIRE(relay.pauses.size() == longest.size());
  for (std::size_t i = 0; i < longest.size(); ++i) {
    CAPTURE(i, relay.pauses[i].count());
    CHECK(relay.pauses[i] <= longest[i]);
    CHECK(relay.pauses[i] >= longest[i] / 2);
  }
}

std::vector<std::string> methodsOf(const FakeRelay& relay) {
  std::vector<std::string> methods;
  for (const Request& request : relay.requests) methods.push_back(request.method);
  return methods;
}

}  // namespace

TEST_CASE("stateless flow: create, lock, read, delete") {
  FakeRelay relay;
  Sender sender = send(relay);
  REQUIRE(sender.lock());
  CHECK(sender.link().url.vertical == Vertical::car);
  CHECK(sender.expires() == relay.now + 24h);

  Receiver receiver = receiverOf(relay, sender);
  CHECK(*receiver.receive() == message(1));
  CHECK(receiver.display() == offer().display);
  REQUIRE(receiver.remove());
  CHECK(relay.empty());
  CHECK(methodsOf(relay) == std::vector<std::string>{"POST", "LOCK", "POST", "DELETE"});
}

TEST_CASE("stateless flow of an open share: whoever has the link may read and remove") {
  FakeRelay relay;
  Offer openOffer = offer();
  openOffer.open = true;
  auto sender = Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, openOffer);
  REQUIRE(sender);
  REQUIRE(sender->lock());
  CHECK(*receiverOf(relay, *sender).receive() == message(1));
  Receiver receiver = receiverOf(relay, *sender);
  CHECK(*receiver.receive() == message(1));
  REQUIRE(receiver.remove());
  CHECK(relay.empty());
  CHECK(methodsOf(relay) ==
        std::vector<std::string>{"POST", "LOCK", "POST", "POST", "DELETE", "PROPFIND", "DELETE"});
  CHECK_FALSE(relay.requests.front().headers.has("Mailbox-Device-Claim"));
}

TEST_CASE("a server that knows no claims is read by GET") {
  FakeRelay relay;
  relay.knowsClaims = false;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  CHECK(*receiver.receive() == message(1));
  REQUIRE(receiver.send(message(2)));
  CHECK(*sender.receive() == message(2));
  REQUIRE(receiver.remove());
  CHECK(methodsOf(relay) == std::vector<std::string>{"POST", "POST", "GET", "PUT", "GET", "DELETE"});
}

TEST_CASE("the relay never sees a secret or a message") {
  FakeRelay relay;
  Sender sender = send(relay);
  REQUIRE(receiverOf(relay, sender).receive());
  const std::string fragment = sender.link().secret.toFragment();
  for (const Request& request : relay.requests) {
    std::string all = request.target + request.body;
    for (const auto& [name, value] : request.headers) all.append(name).append(value);
    CHECK(all.find(fragment) == std::string::npos);
    CHECK(all.find("digitalwallet") == std::string::npos);
  }
}

TEST_CASE("reading does not consume: the device that claimed the share finds the same message again") {
  FakeRelay relay;
  const Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  const Json before = receiver.state();
  CHECK(*receiver.receive() == message(1));
  CHECK(*Session::restore(relay.environment(), before)->receive() == message(1));
}

TEST_CASE("a lost answer to a claim costs nothing") {
  FakeRelay relay;
  const Sender sender = send(relay);
  relay.loseAnswers = 1;
  CHECK(*receiverOf(relay, sender).receive() == message(1));
}

TEST_CASE("the second device that comes finds the share taken") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver first = receiverOf(relay, sender);
  REQUIRE(first.receive());
  Receiver second = receiverOf(relay, sender);
  checkFails(second.receive(), FailureCode::takenByAnotherDevice);
  checkFails(second.remove(), FailureCode::takenByAnotherDevice);
  CHECK(*stateOf(receiverOf(relay, sender)) == ShareState::claimed);
  CHECK_FALSE(relay.empty());
}

TEST_CASE("a link with another secret claims nothing") {
  FakeRelay relay;
  const Sender sender = send(relay);
  const ShareLink& link = sender.link();
  Receiver guesser(relay.environment(), {link.url, Secret::generate(Secret::Size::bits256, systemRandom)});
  checkFails(guesser.receive(), FailureCode::wrongKeyOrAltered);
  CHECK(*receiverOf(relay, sender).receive() == message(1));
}

TEST_CASE("the sender sees how far its share has come, and how it ended") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  CHECK(*stateOf(sender) == ShareState::waiting);
  CHECK(*stateOf(receiver) == ShareState::waiting);
  REQUIRE(receiver.receive());
  CHECK(*stateOf(sender) == ShareState::claimed);

  SECTION("the receiver is done") {
    REQUIRE(receiver.remove());
    CHECK(*stateOf(sender) == ShareState::completed);
  }
  SECTION("the sender withdraws it") {
    REQUIRE(sender.remove());
    CHECK(*stateOf(sender) == ShareState::cancelled);
  }
  checkFails(stateOf(receiver), FailureCode::notFoundOrExpired);
}

TEST_CASE("the sender may ask when the share is to end") {
  FakeRelay relay;
  Offer shortOffer = offer();
  shortOffer.expires = relay.now + 30min;
  const auto sender = Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, shortOffer);
  REQUIRE(sender);
  CHECK(sender->expires() == relay.now + 30min);
  CHECK(relay.share().body.find("mailboxConfiguration") == std::string::npos);
}

TEST_CASE("stateful flow: the devices take turns and wait for each other") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  for (int number = 1; number < 9; number += 2) {
    CHECK(*receiver.receive() == message(number));
    relay.whileWaiting = [&] { REQUIRE(receiver.send(message(number + 1))); };
    CHECK(*sender.receive(1min) == message(number + 1));
    relay.whileWaiting = nullptr;
    REQUIRE(sender.send(message(number + 2)));
  }
  CHECK(relay.pauses.empty());
}

TEST_CASE("patience ends, and the share can be asked again later") {
  FakeRelay relay;
  Sender sender = send(relay);
  checkFails(sender.receive(), FailureCode::stillWaiting);
  const TimePoint before = relay.now;
  checkFails(sender.receive(2min), FailureCode::stillWaiting);
  CHECK(relay.now == before + 2min);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  CHECK(*sender.receive() == message(2));
}

TEST_CASE("a relay that does not hold its answers is asked less and less often") {
  FakeRelay relay;
  relay.honoursWait = false;
  Sender sender = send(relay);
  const TimePoint before = relay.now;
  checkFails(sender.receive(2min), FailureCode::stillWaiting);
  CHECK(relay.now == before + 2min);
  relay.pauses.resize(6);
  checkPauses(relay, {1s, 2s, 4s, 8s, 16s, 30s});
}

TEST_CASE("devices that lost the same relay do not come back to it at the same moment") {
  std::set<std::chrono::milliseconds> firstPauses;
  for (int device = 0; device < 8; ++device) {
    FakeRelay relay;
    Sender sender = send(relay);
    for (int drawn = 0; drawn < device; ++drawn) Uuid::random(relay.environment().random);
    relay.loseAnswers = 1;
    relay.whileWaiting = [&] { relay.store("{}"); };
    checkFails(sender.receive(1h), FailureCode::wrongKeyOrAltered);
    REQUIRE(relay.pauses.size() == 1);
    firstPauses.insert(relay.pauses.front());
  }
  CHECK(firstPauses.size() > 4);
}

TEST_CASE("waiting ends when the share does") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.whileWaiting = [&] { REQUIRE(receiver.remove()); };
  checkFails(sender.receive(1h), FailureCode::notFoundOrExpired);
}

TEST_CASE("a network that comes and goes does not end the waiting") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  relay.unreachable = 3;
  CHECK(*sender.receive(1h) == message(2));
  checkPauses(relay, {1s, 2s, 4s});
}

TEST_CASE("a lost poll is asked again after a pause, and any other lost question at once") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  relay.loseAnswers = 1;
  SECTION("a poll") {
    CHECK(*sender.receive(1h) == message(2));
    checkPauses(relay, {1s});
  }
  SECTION("a question that is answered at once") {
    CHECK(*sender.receive() == message(2));
    CHECK(relay.pauses.empty());
  }
}

TEST_CASE("a network that stays away ends the waiting") {
  FakeRelay relay;
  Sender sender = send(relay);
  relay.unreachable = 100;
  checkFails(sender.receive(1h), FailureCode::unreachable);
}

TEST_CASE("a relay that is busy is left alone for as long as it says") {
  FakeRelay relay;
  Sender sender = send(relay);
  relay.answers = {Response{429, {{"Retry-After", "17"}}, {}}};
  Receiver receiver = receiverOf(relay, sender);
  relay.whileWaiting = [&] {
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(2)));
    relay.whileWaiting = nullptr;
  };
  CHECK(*sender.receive(1h) == message(2));
  CHECK(relay.pauses == std::vector<std::chrono::milliseconds>{17s});
}

TEST_CASE("the first read does not wait for a share that is not there") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(sender.remove());
  checkFails(receiver.receive(1h), FailureCode::notFoundOrExpired);
  relay.unreachable = 1;
  checkFails(receiver.receive(1h), FailureCode::unreachable);
}

TEST_CASE("a lost answer to a creation is made good with the same bytes") {
  FakeRelay relay;
  relay.loseAnswers = 1;
  const Sender sender = send(relay);
  REQUIRE(relay.requests.size() == 2);
  CHECK(relay.requests[0].body == relay.requests[1].body);
  CHECK(relay.created == 1);
  CHECK(*receiverOf(relay, sender).receive() == message(1));
}

TEST_CASE("a lost answer to a message is made good with the same bytes") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.requests.clear();
  relay.loseAnswers = 1;
  REQUIRE(receiver.send(message(2)));
  CHECK(methodsOf(relay) == std::vector<std::string>{"PUT", "PUT", "GET"});
  CHECK(relay.requests[0].body == relay.requests[1].body);
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.send(message(3)));
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("a message stays pending while the network is away and is never sealed again") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.unreachable = 1;
  checkFails(receiver.send(message(2)), FailureCode::unreachable);
  REQUIRE(receiver.pending());
  const std::string sealed = relay.requests.back().body;
  REQUIRE(receiver.resend());
  CHECK(relay.requests.back().body == sealed);
  CHECK_FALSE(receiver.pending());
  CHECK(*sender.receive() == message(2));
}

TEST_CASE("a patient device sends its message until it arrives") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.unreachable = 3;
  REQUIRE(receiver.send(message(2), 1h));
  checkPauses(relay, {1s, 2s, 4s});
  CHECK(*sender.receive() == message(2));
}

TEST_CASE("a device does not wait for a relay that will be busy for longer than it has patience") {
  FakeRelay relay;
  Sender sender = send(relay);
  relay.answers = {Response{429, {{"Retry-After", "600"}}, {}}};
  checkFails(sender.receive(5min), FailureCode::slowDown);
  CHECK(relay.pauses.empty());
}

TEST_CASE("a message whose answer is lost may even have been answered already") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.loseAnswers = 2;
  checkFails(receiver.send(message(2)), FailureCode::answerLost);
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.send(message(3)));
  REQUIRE(receiver.resend());
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("a relay that does not tell the tag of a PUT is asked for it") {
  FakeRelay relay;
  relay.tellsTagOfPut = false;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.send(message(3)));
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("of two receivers a relay lets in the second is told apart by its messages") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver first = receiverOf(relay, sender);
  Receiver second = receiverOf(relay, sender);
  REQUIRE(first.receive());
  relay.share().receiver.clear();  // the relay gives it to both
  REQUIRE(second.receive());
  relay.share().sender.clear();
  REQUIRE(first.send(message(2)));
  checkFails(second.send(message(20)), FailureCode::takenByAnotherDevice);
  CHECK(*sender.receive() == message(2));
}

TEST_CASE("a device that writes after the other one did is told so and can go on") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  const std::string before = relay.share().body;
  checkFails(sender.send(message(3)), FailureCode::overtaken);
  CHECK(relay.share().body == before);
  CHECK_FALSE(sender.unsettled());
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.pending());
  REQUIRE(sender.resend());
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("a message that was overtaken can be taken back") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  checkFails(sender.send(message(30)), FailureCode::overtaken);
  CHECK(*sender.receive() == message(2));
  CHECK(sender.withdraw() == std::vector{message(30)});
  CHECK_FALSE(sender.pending());
  REQUIRE(sender.send(message(3)));
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("a message that was overtaken is sealed anew, and waits through a crash") {
  FakeRelay relay;
  Sender owner = send(relay);
  Receiver receiver = receiverOf(relay, owner);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  REQUIRE(receiver.send(message(3)));
  checkFails(owner.send(message(4)), FailureCode::overtaken);
  const std::string first = relay.requests[relay.requests.size() - 2].body;
  Session sender = afterCrash(relay, owner.state());
  checkFails(sender.resend(), FailureCode::overtaken);
  CHECK(*sender.receive() == message(2));
  Session again = afterCrash(relay, sender.state());
  CHECK(again.unread());
  CHECK(*again.receive() == message(3));
  REQUIRE(again.resend());
  CHECK(relay.share().body != first);
  CHECK(*receiver.receive() == message(4));
}

TEST_CASE("a refused message waits, and can be sent again or taken back") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.answers = {Response{422, {}, {}}};
  checkFails(receiver.send(message(2)), FailureCode::refusedByPolicy);
  REQUIRE(receiver.pending());
  SECTION("sent again") {
    REQUIRE(receiver.resend());
    CHECK(*sender.receive() == message(2));
  }
  SECTION("taken back") {
    CHECK(receiver.withdraw() == std::vector{message(2)});
    REQUIRE(receiver.send(message(20)));
    CHECK(*sender.receive() == message(20));
  }
}

TEST_CASE("a refusal does not hide that an earlier attempt arrived") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.loseAnswers = 2;
  checkFails(receiver.send(message(2)), FailureCode::answerLost);
  CHECK(receiver.unsettled());
  relay.answers = {Response{413, {}, {}}};
  REQUIRE(receiver.resend());
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.send(message(3)));
  CHECK(*receiver.receive() == message(3));
}

TEST_CASE("what does not fit beside unread messages is refused whole, and fits when they were answered") {
  FakeRelay relay;
  relay.mostBytes = 8 * 1024;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  REQUIRE(sender.receive());
  const auto large = [](int number) {
    return ProvisioningInformation{"digitalwallet.test",
                                   Json::Object{{"text", std::string(1500, 'x')}, {"number", number}}};
  };
  REQUIRE(sender.send(large(3)));
  REQUIRE(sender.send(large(4)));
  auto refused = sender.send(large(5));
  checkFails(refused, FailureCode::tooLarge);
  CHECK(refused.error().detail.find("has to read and answer first") != std::string::npos);

  CHECK_FALSE(sender.pending());
  CHECK_FALSE(sender.unsettled());
  CHECK(*receiver.receive() == large(3));
  CHECK(*receiver.receive() == large(4));
  REQUIRE(receiver.send(message(6)));
  CHECK(*sender.receive() == message(6));
  REQUIRE(sender.send(large(5)));
  CHECK(*receiver.receive() == large(5));
}

TEST_CASE("a turn that does not fit is refused whole, and nothing of it stays behind") {
  FakeRelay relay;
  relay.mostBytes = 8 * 1024;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  const std::string before = relay.share().body;
  const ProvisioningInformation half{"digitalwallet.test", Json::Object{{"text", std::string(3000, 'x')}}};
  receiver.prepare({half, half});
  const bool retried = GENERATE(false, true);
  if (retried) {  // the first attempt may have arrived, for all the device knows
    relay.answers = {Response{502, {}, {}}};
    checkFails(receiver.resend(), FailureCode::relayFailed);
    REQUIRE(receiver.unsettled());
    receiver.prepare({message(2)});
  }
  const auto refused = receiver.resend();
  checkFails(refused, FailureCode::tooLarge);
  CHECK(refused.error().detail.find("this turn is more") == 0);
  CHECK(relay.share().body == before);
  // What was prepared later was not refused.
  CHECK(receiver.pending() == retried);
  Session again = afterCrash(relay, receiver.state());
  if (!retried) again.prepare({message(2)});
  REQUIRE(again.resend());
  CHECK(*sender.receive() == message(2));
  CHECK(sender.toAnswer());
}

TEST_CASE("a share whose first turn does not fit is not made") {
  FakeRelay relay;
  relay.mostBytes = 8 * 1024;
  Offer several = offer();
  several.following = {{"digitalwallet.test", Json::Object{{"text", std::string(9000, 'x')}}}};
  checkFails(Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, several),
             FailureCode::tooLarge);
  CHECK(relay.empty());
}

TEST_CASE("a message that is too large by itself says so") {
  FakeRelay relay;
  relay.mostBytes = 8 * 1024;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  const auto refused = receiver.send({"digitalwallet.test", Json::Object{{"text", std::string(9000, 'x')}}});
  checkFails(refused, FailureCode::tooLarge);
  CHECK(refused.error().detail.find("this message is more") == 0);
  REQUIRE(receiver.send(message(2)));
  CHECK(*sender.receive() == message(2));
}

TEST_CASE("a lost answer to a deletion counts as done when the share is gone") {
  FakeRelay relay;
  Sender sender = send(relay);
  relay.loseAnswers = 1;
  CHECK(sender.remove());
  CHECK(relay.empty());
  checkFails(sender.remove(), FailureCode::notFoundOrExpired);
}

TEST_CASE("a locked share refuses messages") {
  FakeRelay relay;
  Sender sender = send(relay);
  REQUIRE(sender.lock());
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  checkFails(receiver.send(message(2)), FailureCode::refusedByPolicy);
}

TEST_CASE("a relay that plays a trick is named by the trick") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  const std::string first = relay.share().body;
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  const std::string second = relay.share().body;
  REQUIRE(sender.receive());

  SECTION("it rolls the receiver back") {
    REQUIRE(sender.send(message(3)));
    relay.store(first);
    checkFails(receiver.receive(), FailureCode::replayed);
  }
  SECTION("it rolls the sender back") {
    REQUIRE(sender.send(message(3)));
    relay.store(second);
    checkFails(sender.receive(), FailureCode::replayed);
  }
  SECTION("it reflects a message") {
    REQUIRE(sender.send(message(3)));
    relay.store(relay.share().body);
    checkFails(sender.receive(), FailureCode::reflected);
  }
  SECTION("it drops a message and lets the next one through") {
    REQUIRE(sender.send(message(3)));
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(4)));
    const std::string fourth = relay.share().body;
    relay.store(second);
    relay.store(fourth);
    CHECK(*sender.receive() == message(4));
  }
  SECTION("it shows another preview") {
    REQUIRE(sender.send(message(3)));
    std::string body = relay.share().body;
    body.replace(body.find("For you"), 7, "For me!");
    relay.store(body);
    checkFails(receiver.receive(), FailureCode::previewChanged);
  }
  SECTION("it alters the payload") {
    REQUIRE(sender.send(message(3)));
    std::string body = relay.share().body;
    char& byte = body[body.find("\"data\":\"") + 100];
    byte = byte == 'A' ? 'B' : 'A';
    relay.store(body);
    checkFails(receiver.receive(), FailureCode::wrongKeyOrAltered);
  }
  SECTION("it stores something that is no share") {
    relay.store("{\"hello\":1}");
    checkFails(receiver.receive(), FailureCode::wrongKeyOrAltered);
  }
}

TEST_CASE("what is not a relay is not taken for one") {
  FakeRelay relay;
  const auto created = [&](Response answer) {
    relay.answers = {std::move(answer)};
    return Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, offer());
  };
  checkFails(created({200, {}, "<html>"}), FailureCode::relayFailed);
  checkFails(created({201, {{"ETag", "\"1\""}}, {}}), FailureCode::relayFailed);
  checkFails(created({201, {{"Location", "/files/1"}, {"ETag", "\"1\""}}, {}}), FailureCode::relayFailed);
  constexpr auto kPath = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";
  checkFails(created({201, {{"Location", std::string("http://localhost") + kPath}, {"ETag", "\"1\""}}, {}}),
             FailureCode::relayFailed);
  checkFails(created({307, {{"Location", "https://elsewhere.example/v1/"}}, {}}), FailureCode::relayFailed);
  checkFails(created({413, {}, {}}), FailureCode::tooLarge);
}

TEST_CASE("a relay may name a new share by its path alone") {
  FakeRelay relay;
  relay.answers = {Response{
      201, {{"Location", "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json"}, {"ETag", "\"1\""}}, {}}};
  const auto sender = Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, offer());
  REQUIRE(sender);
  CHECK(sender->link().url.origin == FakeRelay::kOrigin);
}

TEST_CASE("a redirect within the relay is followed when a share is made") {
  for (const char* location : {"/v1/", "https://relay.example/v1/", "https://RELAY.example:443/v1/"}) {
    for (const int status : {307, 308}) {
      INFO(status << " " << location);
      FakeRelay relay;
      relay.answers = {Response{status, {{"Location", location}}, {}}};
      Environment environment = relay.environment();
      environment.createToken = "t0k3n";
      REQUIRE(Sender::create(environment, relay.place(), offer()));
      REQUIRE(relay.requests.size() == 2);
      CHECK(relay.requests[1].method == "POST");
      CHECK(relay.requests[1].target == "https://relay.example/v1/");
      CHECK(relay.requests[1].body == relay.requests[0].body);
      CHECK(relay.requests[1].headers.get("Authorization") == "Bearer t0k3n");
    }
  }
}

TEST_CASE("a redirect to another server, or without end, is not followed") {
  for (const char* location : {"https://evil.example/v1/", "https://relay.example:8443/v1/",
                               "http://relay.example/v1/", "https://relay.example@evil.example/v1/",
                               "//evil.example/v1/", "https://relay.example.evil.example/", "", "v1/"}) {
    INFO(location);
    FakeRelay relay;
    relay.answers = {Response{307, {{"Location", location}}, {}}};
    checkFails(Sender::create(relay.environment(), relay.place(), offer()), FailureCode::relayFailed);
    CHECK(relay.requests.size() == 1);
  }
  FakeRelay relay;
  for (int i = 0; i < 10; ++i) relay.answers.push_back({307, {{"Location", "/v1/"}}, {}});
  checkFails(Sender::create(relay.environment(), relay.place(), offer()), FailureCode::relayFailed);
  CHECK(relay.requests.size() == 4);
  // Only the request that makes a share: a share stays where it is.
  FakeRelay other;
  Sender sender = send(other);
  other.answers = {Response{307, {{"Location", "/v1/"}}, {}}};
  checkFails(receiverOf(other, sender).receive(), FailureCode::relayFailed);
}

TEST_CASE("a lock token that would break out of its header is not used") {
  FakeRelay relay;
  const Sender sender = send(relay);
  relay.share().sender.clear();  // an open share, whose locks ask for their token
  relay.share().lockToken = "urn:x&gt;)&#13;&#10;X-Evil: 1";
  const auto share = RemoteShare::at(relay.environment(), sender.link().url);
  const auto tokens = share->lockTokens();
  REQUIRE(tokens);
  CHECK(tokens->empty());
  checkFails(share->remove(), FailureCode::refusedByPolicy);
}

TEST_CASE("a device goes on from its state after any step") {
  FakeRelay relay;
  Sender owner = send(relay);
  Session sender = afterCrash(relay, owner.state());
  CHECK(sender.role() == Channel::Role::sender);
  CHECK(sender.link().reveal() == owner.link().reveal());
  CHECK(sender.expires() == owner.expires());
  CHECK(sender.display() == offer().display);
  CHECK_FALSE(sender.toAnswer());

  Receiver friendly = receiverOf(relay, owner);
  const Json claimed = friendly.state();
  REQUIRE(friendly.receive());  // and it is killed before it could keep that
  Session reader = afterCrash(relay, claimed);
  CHECK(*reader.receive() == message(1));
  CHECK(reader.toAnswer());

  reader.prepare({message(2)});
  const Json prepared = reader.state();
  REQUIRE(reader.resend());  // and it is killed again
  Session writer = afterCrash(relay, prepared);
  REQUIRE(writer.pending());
  const std::string stored = relay.share().body;
  REQUIRE(writer.resend());
  CHECK(relay.share().body == stored);
  CHECK_FALSE(writer.toAnswer());
  CHECK(*sender.receive() == message(2));
  REQUIRE(sender.send(message(3)));
  CHECK(*writer.receive() == message(3));
}

TEST_CASE("a message sent again after the other device answered does not hide the answer") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  receiver.prepare({message(2)});
  const Json prepared = receiver.state();
  REQUIRE(receiver.resend());
  REQUIRE(sender.receive());
  REQUIRE(sender.send(message(3)));
  Session again = afterCrash(relay, prepared);
  REQUIRE(again.resend());
  CHECK(*again.receive() == message(3));
}

TEST_CASE("every attempt at a message has one request id, and every message another") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  relay.requests.clear();
  relay.loseAnswers = 1;
  REQUIRE(receiver.send(message(2)));
  REQUIRE(receiver.send(message(3)));
  std::vector<std::string> ids;
  for (const Request& request : relay.requests) {
    if (request.method == "PUT") ids.emplace_back(request.headers.get("Mailbox-Request-ID"));
  }
  REQUIRE(ids.size() == 3);
  CHECK(ids[0] == ids[1]);
  CHECK(ids[1] != ids[2]);
}

TEST_CASE("a session is not restored from anything else") {
  FakeRelay relay;
  const Json good = send(relay).state();
  for (const auto& [name, value] : *good.object()) {
    INFO(name);
    Json without = good;
    without.erase(name);
    const bool optional = name == "claim" || name == "expires";
    CHECK(static_cast<bool>(Session::restore(relay.environment(), without)) == optional);
    if (name == "expires") continue;
    without.object()->push_back({name, 1});
    CHECK_FALSE(Session::restore(relay.environment(), without));
  }
  CHECK_FALSE(Session::restore(relay.environment(), Json()));
}

TEST_CASE("one device may write several messages in a row") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);

  SECTION("each is read before the next is written") {
    REQUIRE(receiver.receive());
    for (int number = 2; number < 6; ++number) {
      REQUIRE(sender.send(message(number)));
      CHECK(*receiver.receive() == message(number));
    }
    for (int number = 6; number < 10; ++number) {
      REQUIRE(receiver.send(message(number)));
      CHECK(*sender.receive() == message(number));
    }
    REQUIRE(sender.send(message(10)));
    CHECK(*receiver.receive() == message(10));
  }
  SECTION("none is read before all are written") {
    REQUIRE(sender.send(message(2)));
    REQUIRE(sender.send(message(3)));
    for (int number = 1; number < 4; ++number) {
      CHECK_FALSE(receiver.toAnswer());
      CHECK(*receiver.receive() == message(number));
      CHECK(receiver.unread() == (number < 3));
    }
    CHECK(receiver.toAnswer());
    checkFails(receiver.receive(), FailureCode::stillWaiting);
  }
  SECTION("some are read in between") {
    REQUIRE(receiver.receive());
    REQUIRE(sender.send(message(2)));
    CHECK(*receiver.receive() == message(2));
    REQUIRE(sender.send(message(3)));
    REQUIRE(sender.send(message(4)));
    CHECK(*receiver.receive() == message(3));
    REQUIRE(receiver.send(message(5)));  // though it has not looked at all that came
    CHECK(*receiver.receive() == message(4));
    CHECK(*sender.receive() == message(5));
  }
}

TEST_CASE("a turn of several messages is one request and arrives as a whole") {
  FakeRelay relay;
  Offer several = offer();
  several.following = {message(2), message(3)};
  Sender sender = send(relay, several);
  CHECK_FALSE(sender.pending());
  Receiver receiver = receiverOf(relay, sender);
  for (int number = 1; number < 4; ++number) {
    CHECK_FALSE(receiver.toAnswer());
    CHECK(*receiver.receive() == message(number));
  }
  CHECK(receiver.toAnswer());
  receiver.prepare({message(4), message(5)});
  relay.requests.clear();
  REQUIRE(receiver.resend());
  CHECK_FALSE(receiver.pending());
  CHECK(methodsOf(relay) == std::vector<std::string>{"PUT"});
  CHECK(*sender.receive() == message(4));
  CHECK_FALSE(sender.toAnswer());
  CHECK(*sender.receive() == message(5));
  CHECK(sender.toAnswer());
}

TEST_CASE("messages that came together are given one by one, also after a crash") {
  FakeRelay relay;
  Sender sender = send(relay);
  REQUIRE(sender.send(message(2)));
  REQUIRE(sender.send(message(3)));
  Receiver first = receiverOf(relay, sender);
  CHECK(*first.receive() == message(1));
  Session receiver = afterCrash(relay, first.state());
  CHECK(receiver.unread());
  CHECK(*receiver.receive() == message(2));
  Session again = afterCrash(relay, receiver.state());
  CHECK(*again.receive() == message(3));
  CHECK_FALSE(again.unread());
  REQUIRE(again.send(message(4)));
  CHECK(*sender.receive() == message(4));
}

TEST_CASE("a relay that gives a share away is named by what it did") {
  FakeRelay relay;
  Sender sender = send(relay);
  const std::string first = relay.share().body;
  Receiver receiver = receiverOf(relay, sender);

  SECTION("to a device without the link: it can read nothing and say nothing") {
    relay.share().receiver = "00000000-0000-4000-8000-000000000000";
    checkFails(receiver.receive(), FailureCode::takenByAnotherDevice);
    CHECK(*stateOf(sender) == ShareState::claimed);
    std::string forged = first;
    char& byte = forged[forged.find("\"data\":\"") + 100];
    byte = byte == 'A' ? 'B' : 'A';
    relay.store(forged);
    checkFails(sender.receive(), FailureCode::wrongKeyOrAltered);
  }
  SECTION("to a third device that has the link and the stolen claim") {
    const Json stolen = receiver.state();
    REQUIRE(receiver.receive());
    Session thief = afterCrash(relay, stolen);
    REQUIRE(thief.receive());
    REQUIRE(thief.send(message(20)));
    checkFails(receiver.send(message(2)), FailureCode::takenByAnotherDevice);
    checkFails(receiver.receive(), FailureCode::takenByAnotherDevice);
  }
  SECTION("it keeps a message back and lets the next one through: nothing is lost") {
    REQUIRE(receiver.receive());
    relay.answers = {Response{204, {{"ETag", relay.share().etag}}, {}}};
    REQUIRE(receiver.send(message(2)));
    REQUIRE(receiver.send(message(3)));
    CHECK(*sender.receive() == message(2));
    CHECK(*sender.receive() == message(3));
  }
  SECTION("it swaps two messages of one device") {
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(2)));
    const std::string second = relay.share().body;
    REQUIRE(receiver.send(message(3)));
    CHECK(*sender.receive() == message(2));
    CHECK(*sender.receive() == message(3));
    relay.store(second);
    checkFails(sender.receive(), FailureCode::replayed);
  }
  SECTION("it shows an older part of what a device wrote in a row") {
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(2)));
    REQUIRE(receiver.send(message(3)));
    const std::string two = relay.share().body;
    REQUIRE(receiver.send(message(4)));
    const std::string three = relay.share().body;
    relay.store(two);
    CHECK(*sender.receive() == message(2));
    CHECK(*sender.receive() == message(3));
    // An answer to that is on no history the receiver knows.
    REQUIRE(sender.send(message(5)));
    checkFails(receiver.receive(), FailureCode::forked);
    relay.store(three);
    checkFails(sender.receive(), FailureCode::forked);
  }
  SECTION("it gives back what a device wrote in a row") {
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(2)));
    REQUIRE(receiver.send(message(3)));
    relay.store(relay.share().body);
    checkFails(receiver.receive(), FailureCode::reflected);
  }
  SECTION("it refuses a message, stores it later, and so tells two stories") {
    REQUIRE(receiver.receive());
    relay.answers = {Response{422, {}, {}}};
    checkFails(receiver.send(message(20)), FailureCode::refusedByPolicy);
    const std::string refused = relay.requests.back().body;
    receiver.withdraw();
    REQUIRE(receiver.send(message(2)));
    REQUIRE(receiver.send(message(3)));
    const std::string honest = relay.share().body;
    relay.store(refused);
    CHECK(*sender.receive() == message(20));
    relay.store(honest);
    checkFails(sender.receive(), FailureCode::forked);
  }
  SECTION("it lets the sender write on a history the receiver never saw") {
    REQUIRE(receiver.receive());
    REQUIRE(receiver.send(message(2)));
    REQUIRE(sender.receive());
    relay.answers = {Response{204, {{"ETag", "\"elsewhere\""}}, {}}};
    REQUIRE(sender.send(message(3)));  // kept from the receiver
    REQUIRE(receiver.send(message(4)));
    checkFails(sender.receive(), FailureCode::forked);
  }
}

TEST_CASE("a creation goes on from its state after a crash, and makes one share") {
  FakeRelay relay;
  Offer offered = offer();
  offered.expires = relay.now + 30min;
  offered.following = {message(2)};
  const Creation creation(relay.environment(), SharePlace{FakeRelay::kOrigin}, offered);
  CHECK(relay.requests.empty());
  const std::string kept = creation.state().dump();
  const auto restored = [&] { return Creation::restore(*Json::parse(kept, Session::kStateDepth)); };

  relay.loseAnswers = 2;
  checkFails(Sender::create(relay.environment(), *restored()), FailureCode::answerLost);
  auto sender = Sender::create(relay.environment(), *restored());
  REQUIRE(sender);
  CHECK(relay.created == 1);
  CHECK(sender->link().url.vertical == Vertical::car);
  CHECK(sender->display() == offered.display);
  CHECK(sender->expires() == relay.now + 30min);
  Receiver receiver = receiverOf(relay, *sender);
  CHECK(*receiver.receive() == message(1));
  CHECK(*receiver.receive() == message(2));
  REQUIRE(receiver.send(message(3)));
  CHECK(*sender->receive() == message(3));
  for (const Request& request : relay.requests) {
    CHECK(request.body.find(sender->link().secret.toFragment()) == std::string::npos);
  }
}

TEST_CASE("a creation that is told apart from none at all says so") {
  FakeRelay relay;
  const auto create = [&] {
    return Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, offer());
  };
  relay.unreachable = 1;
  checkFails(create(), FailureCode::unreachable);
  // The first attempt may have made a share, whatever became of the second.
  relay.loseAnswers = 1;
  relay.whenAsked = [&] { relay.unreachable = relay.created; };
  checkFails(create(), FailureCode::answerLost);
}

TEST_CASE("a creation is not restored from anything else") {
  FakeRelay relay;
  Offer open = offer();
  open.open = true;
  CHECK(Creation::restore(Creation(relay.environment(), SharePlace{FakeRelay::kOrigin}, open).state()));
  const Json good = Creation(relay.environment(), SharePlace{FakeRelay::kOrigin}, offer()).state();
  REQUIRE(Creation::restore(good));
  CHECK_FALSE(Session::restore(relay.environment(), good));
  CHECK_FALSE(Creation::restore(send(relay).state()));
  for (const auto& [name, value] : *good.find("creation")->object()) {
    INFO(name);
    Json creation = *good.find("creation");
    const auto with = [&] { return Json(Json::Object{{"v", *good.find("v")}, {"creation", creation}}); };
    creation.erase(name);
    CHECK_FALSE(Creation::restore(with()));
    creation.object()->push_back({name, 1});
    CHECK_FALSE(Creation::restore(with()));
  }
}
