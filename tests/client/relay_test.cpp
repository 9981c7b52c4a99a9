#include "server/relay.h"

#include "common/text.h"
#include "server/front/blocking_answer.h"
#include "server/store/memory_store.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

// The relay itself in this process, with a network that can lose its answers.
class RealRelay final : public Transport {
 public:
  static constexpr auto kOrigin = "https://relay.example";
  SharePlace place() const { return {kOrigin}; }

  RealRelay() : relay_(parts()) {}

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds) override {
    Request arrived = request;
    REQUIRE(startsWith(arrived.target, kOrigin));
    arrived.target.erase(0, std::string(kOrigin).size());
    arrived.headers.add("Host", "relay.example");
    Response answer = front::answerBlocking(relay_, arrived);
    if (loseAnswers > 0) {
      --loseAnswers;
      return Failure{FailureCode::answerLost, "the answer got lost"};
    }
    return answer;
  }

  Environment environment() {
    Environment environment{*this};
    environment.now = [this] { return now; };
    environment.sleep = [this](std::chrono::milliseconds time) { now += time; };
    return environment;
  }

  int loseAnswers = 0;
  TimePoint now = *parseRfc3339("2026-11-21T12:00:00Z");

 private:
  relay::RelayParts parts() {
    relay::RelayParts parts;
    parts.rules.origin = kOrigin;
    parts.store = std::make_unique<store::MemoryStore>();
    parts.clock = [this] { return now; };
    return parts;
  }

  relay::Relay relay_;
};

}  // namespace

TEST_CASE("our relay gives a share to one receiver and tells its sender how it goes") {
  RealRelay relay;
  Sender sender = send(relay);
  REQUIRE(sender.lock());
  CHECK(*stateOf(sender) == ShareState::waiting);
  Receiver receiver = receiverOf(relay, sender);
  CHECK(*receiver.receive() == message(1));
  CHECK(*stateOf(sender) == ShareState::claimed);
  Receiver second = receiverOf(relay, sender);
  checkFails(second.receive(), FailureCode::takenByAnotherDevice);
  checkFails(second.remove(), FailureCode::takenByAnotherDevice);
  CHECK(*stateOf(second) == ShareState::claimed);

  SECTION("to the end") {
    REQUIRE(receiver.remove());
    CHECK(*stateOf(sender) == ShareState::completed);
    checkFails(stateOf(second), FailureCode::notFoundOrExpired);
  }
  SECTION("until it is withdrawn") {
    REQUIRE(sender.remove());
    CHECK(*stateOf(sender) == ShareState::cancelled);
  }
  SECTION("until it expires") {
    relay.now += 24h;
    CHECK(*stateOf(sender) == ShareState::expired);
    checkFails(stateOf(receiver), FailureCode::notFoundOrExpired);
  }
  SECTION("and to another one, if the first gives its place up") {
    REQUIRE(receiver.relinquish());
    CHECK(*stateOf(sender) == ShareState::waiting);
    CHECK(*second.receive() == message(1));
  }
}

TEST_CASE("our relay lets nobody claim a share without the link's secret") {
  RealRelay relay;
  Sender sender = send(relay);
  Receiver guesser(relay.environment(),
                   {sender.link().url, Secret::generate(Secret::Size::bits256, systemRandom)});
  checkFails(guesser.receive(), FailureCode::wrongKeyOrAltered);
  CHECK(*stateOf(sender) == ShareState::waiting);
  CHECK(*receiverOf(relay, sender).receive() == message(1));
}

TEST_CASE("on our relay two devices talk while every first answer is lost") {
  RealRelay relay;
  relay.loseAnswers = 1;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  for (int number = 1; number < 9; number += 2) {
    relay.loseAnswers = 1;
    CHECK(*receiver.receive() == message(number));
    relay.loseAnswers = 1;
    REQUIRE(receiver.send(message(number + 1)));
    CHECK(*sender.receive() == message(number + 1));
    relay.loseAnswers = 1;
    REQUIRE(sender.send(message(number + 2)));
  }
  relay.loseAnswers = 1;
  REQUIRE(receiver.remove());
  CHECK(*stateOf(sender) == ShareState::completed);
}

TEST_CASE("on our relay a message repeated after it was answered is done once and hides nothing") {
  RealRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  receiver.prepare({message(2)});
  const Json kept = receiver.state();
  REQUIRE(receiver.resend());
  REQUIRE(sender.receive());
  REQUIRE(sender.send(message(3)));
  auto again = Session::restore(relay.environment(), kept);
  REQUIRE(again);
  REQUIRE(again->resend());
  CHECK(*again->receive() == message(3));
}

TEST_CASE("on our relay both devices write several messages in a row, and at once") {
  RealRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  CHECK(*receiver.receive() == message(1));
  REQUIRE(receiver.send(message(20)));
  sender.prepare({message(2), message(3)});
  checkFails(sender.resend(), FailureCode::overtaken);
  CHECK(*sender.receive() == message(20));
  relay.loseAnswers = 1;
  REQUIRE(sender.resend());
  REQUIRE(sender.send(message(4)));
  for (int number = 2; number < 5; ++number) CHECK(*receiver.receive() == message(number));
}

TEST_CASE("our relay finishes a creation that was cut off, once and with the same share") {
  RealRelay relay;
  const Json kept = Creation(relay.environment(), SharePlace{RealRelay::kOrigin}, offer()).state();
  const auto create = [&] { return Sender::create(relay.environment(), *Creation::restore(kept)); };
  relay.loseAnswers = 2;
  checkFails(create(), FailureCode::answerLost);
  const auto first = create();
  const auto second = create();
  REQUIRE((first && second));
  CHECK(first->link().reveal() == second->link().reveal());
}
