#include <random>

#include "tests/client/fake_relay.h"
#include "tests/client/two_devices.h"

// Two devices that write, read, crash and lose their network in any order: what one says the other hears,
// each message once and in order.

using namespace tigress;
using namespace tigress::client;

namespace {

int numberIn(const ProvisioningInformation& information) {
  return std::stoi(information.content.find("number")->number()->text);
}

class Device {
 public:
  Device(FakeRelay& relay, Session session, std::vector<int> said = {})
      : relay_(relay), session_(std::move(session)), said_(std::move(said)) {
    keep();
  }

  bool hasRead() const { return !heard_.empty() || session_->role() == Channel::Role::sender; }
  bool pending() const { return session_->pending(); }
  const std::vector<int>& said() const { return said_; }
  const std::vector<int>& heard() const { return heard_; }

  void say(std::vector<int> numbers) {
    std::vector<ProvisioningInformation> messages;
    for (const int number : numbers) messages.push_back(message(number));
    session_->prepare(messages);
    said_.insert(said_.end(), numbers.begin(), numbers.end());
    keep();
  }

  // A request each. These give the failure, if there is one.
  std::optional<FailureCode> sendNext() {
    keep();
    const auto sent = session_->resend();
    return sent ? std::nullopt : std::optional(sent.error().code);
  }
  std::optional<FailureCode> listen() {
    keep();
    const auto information = session_->receive();
    if (!information) return information.error().code;
    heard_.push_back(numberIn(*information));
    return std::nullopt;
  }
  bool mayListen() const { return !session_->unsettled() || session_->unread(); }

  void keep() {
    kept_ = session_->state();
    keptHeard_ = heard_;
  }
  // Back to what was kept last, whatever was done since.
  void crash() {
    session_.emplace(afterCrash(relay_, kept_));
    heard_ = keptHeard_;
  }

 private:
  FakeRelay& relay_;
  std::optional<Session> session_;
  std::vector<int> said_;
  std::vector<int> heard_;
  Json kept_;
  std::vector<int> keptHeard_;
};

bool isOf(std::initializer_list<FailureCode> codes, const std::optional<FailureCode>& failure) {
  return !failure || std::find(codes.begin(), codes.end(), *failure) != codes.end();
}

// How often each thing happened, to know that the test tests it.
struct Tally {
  int overtaken = 0;
  int lost = 0;
  int heard = 0;
};

void converse(unsigned seed, Tally& tally) {
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
  FakeRelay relay;
  relay.knowsClaims = below(3) > 0;
  relay.tellsTagOfPut = below(3) > 0;
  Sender owner = send(relay);
  Receiver friendly = receiverOf(relay, owner);
  Device devices[] = {{relay, std::move(owner), {1}}, {relay, std::move(friendly)}};

  int last = 1;
  for (int step = 0; step < 50; ++step) {
    Device& device = devices[below(2)];
    relay.loseAnswers = below(6) == 0 ? static_cast<int>(below(3)) : 0;
    relay.unreachable = below(8) == 0 ? 1 : 0;
    switch (below(4)) {
      case 0:
        if (device.hasRead()) {
          std::vector<int> numbers;
          for (unsigned count = 1 + below(3); count > 0; --count) numbers.push_back(++last);
          device.say(numbers);
        }
        break;
      case 1:
        if (device.pending()) {
          const auto failure = device.sendNext();
          tally.overtaken += failure == FailureCode::overtaken ? 1 : 0;
          tally.lost += failure == FailureCode::answerLost ? 1 : 0;
          REQUIRE(isOf({FailureCode::overtaken, FailureCode::answerLost, FailureCode::unreachable}, failure));
        }
        break;
      case 2:
        if (device.mayListen()) {
          const auto failure = device.listen();
          tally.heard += failure ? 0 : 1;
          REQUIRE(
              isOf({FailureCode::stillWaiting, FailureCode::answerLost, FailureCode::unreachable}, failure));
        }
        break;
      default:
        device.crash();
    }
    // Kept before each request, as Session asks for, and not always after it: then a crash was faster.
    if (below(4) > 0) device.keep();
  }

  relay.loseAnswers = 0;
  relay.unreachable = 0;
  for (int quiet = 0; quiet < 3; ++quiet) {
    for (Device& device : devices) {
      while (device.pending()) {
        const auto failure = device.sendNext();
        REQUIRE(isOf({FailureCode::overtaken}, failure));
        if (!failure) continue;
        REQUIRE_FALSE(device.listen());
      }
      std::optional<FailureCode> failure;
      do {
        failure = device.listen();
      } while (!failure);
      REQUIRE(isOf({FailureCode::stillWaiting}, failure));
    }
  }
  CHECK(devices[1].heard() == devices[0].said());
  CHECK(devices[0].heard() == devices[1].said());
}

}  // namespace

TEST_CASE("whatever two devices do, and whenever, each message arrives once and in order") {
  Tally tally;
  for (unsigned seed = 1; seed <= 60; ++seed) converse(seed, tally);
  CHECK(tally.overtaken > 30);
  CHECK(tally.lost > 10);
  CHECK(tally.heard > 200);
}
