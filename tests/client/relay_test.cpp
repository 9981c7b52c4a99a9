#include "server/relay.h"

#include "common/text.h"
#include "server/front/blocking_answer.h"
#include "server/store/memory_store.h"
#include "tests/catch.h"
#include "tigress/receiver.h"
#include "tigress/sender.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

constexpr auto kOrigin = "https://relay.example";

// The relay itself in this process, with a network that can lose its answers.
class RealRelay final : public Transport {
 public:
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

ProvisioningInformation message(int number) {
  return {"digitalwallet.test", Json::Object{{"number", number}}};
}

Sender send(RealRelay& relay) {
  auto sender = Sender::create(relay.environment(), kOrigin, {message(1), {}, Vertical::car, std::nullopt});
  REQUIRE(sender);
  return *std::move(sender);
}

Receiver receiverOf(RealRelay& relay, const Sender& sender) {
  return Receiver(relay.environment(), *ShareLink::parse(sender.link().reveal()));
}

template <class T>
void checkFails(const Result<T, Failure>& result, FailureCode code) {
  REQUIRE_FALSE(result);
  INFO(result.error().detail);
  CHECK(static_cast<int>(result.error().code) == static_cast<int>(code));
}

}  // namespace

TEST_CASE("our relay gives a share to one receiver and tells its sender how it goes") {
  RealRelay relay;
  Sender sender = send(relay);
  REQUIRE(sender.lock());
  CHECK(*sender.shareState() == ShareState::waiting);
  Receiver receiver = receiverOf(relay, sender);
  CHECK(*receiver.receive() == message(1));
  CHECK(*sender.shareState() == ShareState::claimed);
  Receiver second = receiverOf(relay, sender);
  checkFails(second.receive(), FailureCode::takenByAnotherDevice);
  checkFails(second.remove(), FailureCode::takenByAnotherDevice);
  CHECK(*second.shareState() == ShareState::claimed);

  SECTION("to the end") {
    REQUIRE(receiver.remove());
    CHECK(*sender.shareState() == ShareState::completed);
    checkFails(second.shareState(), FailureCode::notFoundOrExpired);
  }
  SECTION("until it is withdrawn") {
    REQUIRE(sender.remove());
    CHECK(*sender.shareState() == ShareState::cancelled);
  }
  SECTION("until it expires") {
    relay.now += 24h;
    CHECK(*sender.shareState() == ShareState::expired);
    checkFails(receiver.shareState(), FailureCode::notFoundOrExpired);
  }
  SECTION("and to another one, if the first gives its place up") {
    REQUIRE(receiver.relinquish());
    CHECK(*sender.shareState() == ShareState::waiting);
    CHECK(*second.receive() == message(1));
  }
}

TEST_CASE("our relay lets nobody claim a share without the link's secret") {
  RealRelay relay;
  Sender sender = send(relay);
  Receiver guesser(relay.environment(),
                   {sender.link().url, Secret::generate(Secret::Size::bits256, systemRandom)});
  checkFails(guesser.receive(), FailureCode::wrongKeyOrAltered);
  CHECK(*sender.shareState() == ShareState::waiting);
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
  CHECK(*sender.shareState() == ShareState::completed);
}

TEST_CASE("on our relay a message repeated after it was answered is done once and hides nothing") {
  RealRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  REQUIRE(receiver.receive());
  receiver.prepare(message(2));
  const Json kept = receiver.state();
  REQUIRE(receiver.resend());
  REQUIRE(sender.receive());
  REQUIRE(sender.send(message(3)));
  auto again = Session::restore(relay.environment(), kept);
  REQUIRE(again);
  REQUIRE(again->resend());
  CHECK(*again->receive() == message(3));
}
