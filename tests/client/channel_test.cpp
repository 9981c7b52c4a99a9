#include "tigress/channel.h"

#include "tests/catch.h"
#include "tigress/envelope.h"

using namespace tigress;
using namespace tigress::client;

namespace {

// Two devices with one Secret, and whoever sits between them.
struct Pair {
  Secret secret = Secret::generate(Secret::Size::bits256, systemRandom);
  Channel sender{Channel::Role::sender};
  Channel receiver{Channel::Role::receiver};
  DisplayInformation display{"Shared key", std::nullopt, std::nullopt};

  static ProvisioningInformation information(int number) {
    return {"digitalwallet.test", Json::Object{{"number", number}}};
  }
  ShareDocument write(Channel& writer, int number) {
    return {writer.seal(secret, information(number), display, systemRandom), display};
  }
  Result<ProvisioningInformation, Failure> read(Channel& reader, const ShareDocument& document) {
    return reader.open(secret, document);
  }
  // What a plain draft wallet writes.
  ShareDocument writePlain(int number) {
    return {seal(secret, information(number).toJson(), systemRandom), display};
  }
  // A round both devices take part in.
  ShareDocument round(Channel& from, Channel& to, int number) {
    const ShareDocument document = write(from, number);
    REQUIRE(*read(to, document) == information(number));
    return document;
  }
};

void checkFails(const Result<ProvisioningInformation, Failure>& result, FailureCode code) {
  REQUIRE_FALSE(result);
  CHECK(static_cast<int>(result.error().code) == static_cast<int>(code));
}

}  // namespace

TEST_CASE("two channels take turns for as long as they like") {
  Pair pair;
  for (int number = 0; number < 10; ++number) {
    pair.round(pair.sender, pair.receiver, 2 * number);
    pair.round(pair.receiver, pair.sender, 2 * number + 1);
  }
}

TEST_CASE("a message carries the marks the header describes") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  const Json message = *open(pair.secret, pair.write(pair.receiver, 2).payload);
  const Json& mark = *message.find("tigress");
  CHECK(mark.find("v")->number()->text == "1");
  CHECK(*mark.findString("role") == "receiver");
  CHECK(mark.find("seq")->number()->text == "1");
  CHECK(mark.find("ack")->number()->text == "1");
  CHECK(mark.findString("cid")->size() == 16);
  CHECK(mark.findString("prev")->size() == 43);
  CHECK(mark.findString("display")->size() == 43);
}

TEST_CASE("an old message that comes back is replayed") {
  Pair pair;
  const ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  checkFails(pair.read(pair.receiver, first), FailureCode::replayed);
  pair.round(pair.receiver, pair.sender, 2);
  checkFails(pair.read(pair.receiver, first), FailureCode::replayed);
  pair.round(pair.sender, pair.receiver, 3);
  checkFails(pair.read(pair.receiver, first), FailureCode::replayed);
}

TEST_CASE("a message with its padding respelled is still the same message") {
  Pair pair;
  ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  first.payload.data.erase(first.payload.data.find_last_not_of('=') + 1);
  checkFails(pair.read(pair.receiver, first), FailureCode::replayed);
}

TEST_CASE("a device's own message that comes back is reflected") {
  Pair pair;
  const ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  checkFails(pair.read(pair.sender, first), FailureCode::reflected);
  const ShareDocument second = pair.round(pair.receiver, pair.sender, 2);
  checkFails(pair.read(pair.receiver, second), FailureCode::reflected);
}

TEST_CASE("a message that was left out is missing") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  pair.write(pair.receiver, 2);
  checkFails(pair.read(pair.sender, pair.write(pair.receiver, 3)), FailureCode::messageMissing);
}

TEST_CASE("a device that was shown another history is noticed") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  Channel elsewhere = pair.receiver;
  pair.round(pair.receiver, pair.sender, 2);
  pair.round(pair.sender, pair.receiver, 3);

  SECTION("it answers a message of its own past") {
    pair.write(elsewhere, 20);
    checkFails(pair.read(pair.sender, pair.write(elsewhere, 4)), FailureCode::forked);
  }
  SECTION("the sender goes on from a state the receiver never saw") {
    Channel forgetful = pair.sender;
    const ShareDocument answer = pair.round(pair.receiver, pair.sender, 4);
    REQUIRE(pair.read(forgetful, answer));
    pair.write(forgetful, 5);
    const ShareDocument shown = pair.write(pair.sender, 50);
    REQUIRE(pair.read(pair.receiver, shown));
    checkFails(pair.read(forgetful, pair.write(pair.receiver, 6)), FailureCode::forked);
  }
}

TEST_CASE("a message of another transfer under the same key is noticed") {
  Pair pair;
  Channel otherSender(Channel::Role::sender);
  Channel otherReceiver(Channel::Role::receiver);
  pair.round(otherSender, otherReceiver, 1);
  pair.round(pair.sender, pair.receiver, 1);
  checkFails(pair.read(pair.sender, pair.write(otherReceiver, 2)), FailureCode::forked);
}

TEST_CASE("a preview changed by the relay is noticed when the share is opened") {
  Pair pair;
  ShareDocument document = pair.write(pair.sender, 1);
  SECTION("another title") {
    document.display.title = "Shared key!";
  }
  SECTION("no title") {
    document.display.title.reset();
  }
  SECTION("an added picture") {
    document.display.imageUrl = "";
  }
  SECTION("the same text in another place") {
    std::swap(document.display.title, document.display.description);
  }
  checkFails(pair.read(pair.receiver, document), FailureCode::previewChanged);
}

TEST_CASE("a third device finds the share taken") {
  Pair pair;
  const ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  Channel third(Channel::Role::receiver);

  SECTION("when it reads after the receiver has answered") {
    const ShareDocument second = pair.round(pair.receiver, pair.sender, 2);
    checkFails(pair.read(third, second), FailureCode::takenByAnotherDevice);
    checkFails(pair.read(third, pair.write(pair.sender, 3)), FailureCode::takenByAnotherDevice);
  }
  SECTION("when the receiver answers first") {
    REQUIRE(pair.read(third, first));
    pair.write(third, 20);
    checkFails(pair.read(third, pair.round(pair.receiver, pair.sender, 2)),
               FailureCode::takenByAnotherDevice);
  }
}

TEST_CASE("a plain draft wallet is understood") {
  Pair pair;

  SECTION("as receiver") {
    pair.write(pair.sender, 1);
    CHECK(*pair.read(pair.sender, pair.writePlain(2)) == Pair::information(2));
    pair.write(pair.sender, 3);
    CHECK(*pair.read(pair.sender, pair.writePlain(4)) == Pair::information(4));
  }
  SECTION("as sender") {
    CHECK(*pair.read(pair.receiver, pair.writePlain(1)) == Pair::information(1));
    pair.write(pair.receiver, 2);
    CHECK(*pair.read(pair.receiver, pair.writePlain(3)) == Pair::information(3));
  }
}

TEST_CASE("replay and reflection are noticed with a plain draft wallet too") {
  Pair pair;
  const ShareDocument own = pair.write(pair.sender, 1);
  const ShareDocument plain = pair.writePlain(2);
  REQUIRE(pair.read(pair.sender, plain));
  checkFails(pair.read(pair.sender, plain), FailureCode::replayed);
  checkFails(pair.read(pair.sender, own), FailureCode::reflected);
}

TEST_CASE("a device that marked its messages cannot be made to look plain") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  pair.write(pair.receiver, 2);
  checkFails(pair.read(pair.receiver, pair.writePlain(3)), FailureCode::unmarked);
}

TEST_CASE("marks that are broken make a payload that does not open") {
  Pair pair;
  const auto withMark = [&](const char* mark) {
    Json message = Pair::information(1).toJson();
    message.object()->push_back({"tigress", *Json::parse(mark)});
    return ShareDocument{seal(pair.secret, message, systemRandom), pair.display};
  };
  for (const char* mark : {"1", "{}", R"({"v":2,"role":"sender","seq":1,"ack":0,"cid":"A","display":"A"})",
                           R"({"v":1,"role":"sender","seq":0,"ack":0,"cid":"A","display":"A"})",
                           R"({"v":1,"role":"sender","seq":-1,"ack":0,"cid":"A","display":"A"})",
                           R"({"v":1,"role":"sender","seq":1,"ack":1,"cid":"A","display":"A"})",
                           R"({"v":1,"role":"sender","seq":1,"ack":0,"prev":"A","cid":"A","display":"A"})"}) {
    INFO(mark);
    checkFails(pair.read(pair.receiver, withMark(mark)), FailureCode::wrongKeyOrAltered);
  }
}

TEST_CASE("a sealed text that is no provisioning information does not open") {
  Pair pair;
  const ShareDocument document{seal(pair.secret, Json::Object{{"format", "x"}}, systemRandom), pair.display};
  checkFails(pair.read(pair.receiver, document), FailureCode::wrongKeyOrAltered);
}

TEST_CASE("a failure leaves the channel as it was") {
  Pair pair;
  const ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  const std::string before = pair.receiver.state().dump();
  checkFails(pair.read(pair.receiver, first), FailureCode::replayed);
  CHECK(pair.receiver.state().dump() == before);
  pair.round(pair.receiver, pair.sender, 2);
}

TEST_CASE("a channel goes on after a restart from its state") {
  Pair pair;
  const ShareDocument first = pair.round(pair.sender, pair.receiver, 1);
  pair.round(pair.receiver, pair.sender, 2);
  Channel sender = *Channel::restore(*Json::parse(pair.sender.state().dump()));
  Channel receiver = *Channel::restore(*Json::parse(pair.receiver.state().dump()));
  checkFails(pair.read(receiver, first), FailureCode::replayed);
  pair.round(sender, receiver, 3);
  pair.round(receiver, sender, 4);
}

TEST_CASE("a channel is not restored from anything else") {
  for (const char* state :
       {"null", "{}", R"({"role":"relay","cid":"","sent":[],"accepted":[],"peerMarks":false})",
        R"({"role":"sender","cid":"","sent":[{"iv":"x"}],"accepted":[],"peerMarks":false})",
        R"({"role":"sender","cid":"","sent":[],"accepted":[]})"}) {
    INFO(state);
    CHECK_FALSE(Channel::restore(*Json::parse(state)));
  }
}
