#include "tigress/watch.h"

#include "tests/client/fake_relay.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

// What happens to the share while the watch waits for it.
ShareEvent nextAfter(FakeRelay& relay, Watch& watch, const std::function<void()>& happens) {
  relay.whileWaiting = [&] {
    relay.whileWaiting = nullptr;
    happens();
  };
  const auto event = watch.next(1h);
  REQUIRE_FALSE(relay.whileWaiting);
  REQUIRE(event);
  return *event;
}

}  // namespace

TEST_CASE("the sender of a share sees all that happens to it, when it happens") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  Watch watch = sender.watch();
  CHECK(*watch.next() == ShareEvent::waiting);
  CHECK(watch.expires() == relay.now + 24h);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(receiver.receive()); }) == ShareEvent::claimed);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(receiver.send(message(2))); }) == ShareEvent::changed);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(receiver.remove()); }) == ShareEvent::completed);
  CHECK(relay.pauses.empty());
}

TEST_CASE("a watch that has told the end is over, though the relay still knows it") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  Watch watch = sender.watch();
  REQUIRE(receiver.receive());
  REQUIRE(receiver.remove());
  CHECK(*watch.next() == ShareEvent::completed);
  const std::size_t asked = relay.requests.size();
  checkFails(watch.next(1h), FailureCode::notFoundOrExpired);
  CHECK(relay.requests.size() == asked);
  CHECK(*sender.watch().next() == ShareEvent::completed);
}

TEST_CASE("the sender of a share sees that it withdrew it elsewhere") {
  FakeRelay relay;
  Sender sender = send(relay);
  Watch watch = sender.watch();
  REQUIRE(sender.remove());
  CHECK(*watch.next() == ShareEvent::cancelled);
}

TEST_CASE("what happens between two looks is told in one go, who before what") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  Watch watch = sender.watch();
  CHECK(*watch.next() == ShareEvent::waiting);
  REQUIRE(receiver.receive());
  REQUIRE(receiver.send(message(2)));
  REQUIRE(receiver.send(message(3)));
  CHECK(*watch.next() == ShareEvent::claimed);
  CHECK(*watch.next() == ShareEvent::changed);
  checkFails(watch.next(), FailureCode::stillWaiting);
}

TEST_CASE("who has only the address sees a claimed share come and go, and nothing of what is said in it") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  Watch watch(relay.environment(), sender.link().url);
  CHECK(*watch.next() == ShareEvent::waiting);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(receiver.receive()); }) == ShareEvent::claimed);
  REQUIRE(receiver.send(message(2)));
  checkFails(watch.next(1min), FailureCode::stillWaiting);

  SECTION("it is removed in its time") {
    CHECK(nextAfter(relay, watch, [&] { REQUIRE(receiver.remove()); }) == ShareEvent::removed);
  }
  SECTION("its time is over") {
    const auto end = [&] {
      REQUIRE(receiver.remove());
      relay.now += 25h;
    };
    CHECK(nextAfter(relay, watch, end) == ShareEvent::expired);
  }
  checkFails(watch.next(1h), FailureCode::notFoundOrExpired);
}

TEST_CASE("an open share is watched by its address") {
  FakeRelay relay;
  Offer openOffer = offer();
  openOffer.open = true;
  auto sender = Sender::create(relay.environment(), SharePlace{FakeRelay::kOrigin}, openOffer);
  REQUIRE(sender);
  Watch watch(relay.environment(), sender->link().url);
  CHECK(*watch.next() == ShareEvent::open);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(sender->send(message(2))); }) == ShareEvent::changed);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(sender->remove()); }) == ShareEvent::removed);
}

TEST_CASE("a server that tells nothing of shares is asked for the document, less and less often") {
  FakeRelay relay;
  relay.knowsClaims = false;
  Sender sender = send(relay);
  Watch watch = sender.watch();
  CHECK(*watch.next() == ShareEvent::open);
  checkFails(watch.next(20s), FailureCode::stillWaiting);
  CHECK(relay.pauses.size() > 3);
  CHECK(relay.pauses.size() < 9);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(sender.send(message(2))); }) == ShareEvent::changed);
  CHECK(nextAfter(relay, watch, [&] { REQUIRE(sender.remove()); }) == ShareEvent::removed);
  CHECK(relay.requests.back().method == "HEAD");
}

TEST_CASE("a share that was never there cannot be watched") {
  FakeRelay relay;
  Sender sender = send(relay);
  Watch watch(relay.environment(), sender.link().url);
  REQUIRE(sender.remove());
  checkFails(watch.next(1h), FailureCode::notFoundOrExpired);
  CHECK(relay.pauses.empty());
}

TEST_CASE("a network that comes and goes does not end a watch, one that stays away does") {
  FakeRelay relay;
  Sender sender = send(relay);
  Receiver receiver = receiverOf(relay, sender);
  Watch watch = sender.watch();
  CHECK(*watch.next() == ShareEvent::waiting);
  REQUIRE(receiver.receive());
  SECTION("it comes back") {
    relay.unreachable = 3;
    CHECK(*watch.next(1h) == ShareEvent::claimed);
    CHECK(relay.pauses.size() == 3);
  }
  SECTION("the relay is restarted, and answers what it can before it goes") {
    relay.answers = {Response{503, {}, {}}, Response{502, {}, "<html>"}};
    relay.loseAnswers = 1;
    CHECK(*watch.next(1h) == ShareEvent::claimed);
  }
  SECTION("it stays away") {
    relay.unreachable = 1000;
    checkFails(watch.next(24h), FailureCode::unreachable);
  }
}
