#include "tigress/channel.h"

#include <fstream>
#include <iterator>
#include <map>

#include "tests/catch.h"
#include "tigress/envelope.h"

using namespace tigress;
using namespace tigress::client;

namespace {

std::vector<int> numbers(const Result<Channel::Arrival, Failure>& arrival) {
  std::vector<int> found;
  if (!arrival) return found;
  for (const auto& message : arrival->messages) {
    found.push_back(std::stoi(message.content.find("number")->number()->text));
  }
  return found;
}

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
  Result<Channel::Arrival, Failure> read(Channel& reader, const ShareDocument& document) {
    return reader.open(secret, document);
  }
  // What a plain draft wallet writes.
  ShareDocument writePlain(int number) {
    return {seal(secret, information(number).toJson(), systemRandom), display};
  }
  // A round both devices take part in.
  ShareDocument round(Channel& from, Channel& to, int number) {
    const ShareDocument document = write(from, number);
    REQUIRE(numbers(read(to, document)) == std::vector<int>{number});
    return document;
  }
};

void checkFails(const Result<Channel::Arrival, Failure>& result, FailureCode code) {
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

TEST_CASE("messages in a row reach a device that read none of them, in order") {
  Pair pair;
  pair.write(pair.sender, 1);
  pair.write(pair.sender, 2);
  CHECK(numbers(pair.read(pair.receiver, pair.write(pair.sender, 3))) == std::vector<int>{1, 2, 3});
  CHECK(pair.sender.unread());
  pair.round(pair.receiver, pair.sender, 4);
  CHECK_FALSE(pair.sender.unread());
  pair.round(pair.sender, pair.receiver, 5);
}

TEST_CASE("a device takes from messages in a row those it has not read") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  pair.round(pair.sender, pair.receiver, 2);
  pair.write(pair.sender, 3);
  CHECK(numbers(pair.read(pair.receiver, pair.write(pair.sender, 4))) == std::vector<int>{3, 4});
  pair.round(pair.receiver, pair.sender, 5);
  pair.round(pair.receiver, pair.sender, 6);
}

TEST_CASE("a message says whether more follows") {
  Pair pair;
  const auto write = [&](int number, bool more) {
    return ShareDocument{
        pair.sender.seal(pair.secret, Pair::information(number), pair.display, systemRandom, more),
        pair.display};
  };
  CHECK(pair.read(pair.receiver, write(1, true))->more);
  CHECK_FALSE(pair.read(pair.receiver, write(2, false))->more);
}

TEST_CASE("an older part of messages in a row is replayed, though nobody read it") {
  Pair pair;
  const ShareDocument one = pair.write(pair.sender, 1);
  const ShareDocument two = pair.write(pair.sender, 2);
  REQUIRE(pair.read(pair.receiver, pair.write(pair.sender, 3)));
  checkFails(pair.read(pair.receiver, one), FailureCode::replayed);
  checkFails(pair.read(pair.receiver, two), FailureCode::replayed);
}

TEST_CASE("a message of the deepest nesting can be repeated") {
  Pair pair;
  Json deep = Json::Object{};
  for (int level = 2; level < ProvisioningInformation::kDepth; ++level) deep = Json::Object{{"a", deep}};
  const ProvisioningInformation deepest{"x", deep};
  REQUIRE(ProvisioningInformation::parse(deepest.toJson().dump()));
  pair.sender.seal(pair.secret, deepest, pair.display, systemRandom);
  const auto arrival = pair.read(pair.receiver, pair.write(pair.sender, 2));
  REQUIRE(arrival);
  CHECK(arrival->messages.front() == deepest);

  const ProvisioningInformation tooDeep{"x", Json::Object{{"a", deep}}};
  const ShareDocument document{pair.sender.seal(pair.secret, tooDeep, pair.display, systemRandom),
                               pair.display};
  checkFails(pair.read(pair.receiver, document), FailureCode::wrongKeyOrAltered);
}

TEST_CASE("what a device repeats must fit what was read before") {
  Pair pair;
  const auto earlier = [](std::initializer_list<int> list) {
    std::vector<ProvisioningInformation> messages;
    for (const int number : list) messages.push_back(Pair::information(number));
    return toJson(messages);
  };
  // A device with the key that makes a mistake: the document as it would have been, with another member.
  const auto with = [&](ShareDocument document, const char* name, std::optional<Json> value) {
    Json message = *open(pair.secret, document.payload);
    Json& mark = message.object()->back().value;
    mark.erase(name);
    if (value) mark.object()->push_back({name, *std::move(value)});
    document.payload = seal(pair.secret, message, systemRandom);
    return document;
  };
  // The receiver answered 1, and has read 3 since. The sender writes 4 and 5, which make up 2 to 4 of its.
  pair.round(pair.sender, pair.receiver, 1);
  pair.round(pair.receiver, pair.sender, 2);
  pair.round(pair.sender, pair.receiver, 3);
  pair.write(pair.sender, 4);
  const ShareDocument fourth = pair.write(pair.sender, 5);

  SECTION("as it does") {
    CHECK(numbers(pair.read(pair.receiver, with(fourth, "earlier", earlier({3, 4})))) ==
          std::vector<int>{4, 5});
  }
  SECTION("no more than needed is enough") {
    CHECK(numbers(pair.read(pair.receiver, with(fourth, "earlier", earlier({4})))) == std::vector<int>{4, 5});
  }
  SECTION("a gap") {
    checkFails(pair.read(pair.receiver, with(fourth, "earlier", std::nullopt)), FailureCode::messageMissing);
    checkFails(pair.read(pair.receiver, with(fourth, "earlier", Json::Array{})), FailureCode::messageMissing);
  }
  SECTION("another word for what was read") {
    checkFails(pair.read(pair.receiver, with(fourth, "earlier", earlier({30, 4}))), FailureCode::forked);
    checkFails(pair.read(pair.receiver, with(fourth, "earlier", earlier({4, 3}))), FailureCode::forked);
  }
  SECTION("what was answered") {
    checkFails(pair.read(pair.receiver, with(fourth, "earlier", earlier({1, 3, 4}))), FailureCode::forked);
  }
  SECTION("more than there ever were, or what is no message") {
    for (const Json& value : {earlier({0, 1, 3, 4}), Json(1), Json(Json::Array{1}),
                              Json(Json::Array{Json::Object{{"format", "x"}}}),
                              Json(Json::Array{Json::Object{{"format", "x"}, {"content", 1}}})}) {
      checkFails(pair.read(pair.receiver, with(fourth, "earlier", value)), FailureCode::wrongKeyOrAltered);
    }
    checkFails(pair.read(pair.receiver, with(fourth, "more", 1)), FailureCode::wrongKeyOrAltered);
  }
}

TEST_CASE("a message that was left out is missing for a device that is not told of it") {
  Pair pair;
  pair.round(pair.sender, pair.receiver, 1);
  pair.write(pair.receiver, 2);
  Channel forgetful = *Channel::restore([&] {
    Json state = pair.receiver.state();
    state.erase("unread");
    state.object()->push_back({"unread", Json::Array{}});
    return state;
  }());
  checkFails(pair.read(pair.sender, pair.write(forgetful, 3)), FailureCode::messageMissing);
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
    CHECK(numbers(pair.read(pair.sender, pair.writePlain(2))) == std::vector<int>{2});
    pair.write(pair.sender, 3);
    CHECK(numbers(pair.read(pair.sender, pair.writePlain(4))) == std::vector<int>{4});
  }
  SECTION("as sender") {
    CHECK(numbers(pair.read(pair.receiver, pair.writePlain(1))) == std::vector<int>{1});
    pair.write(pair.receiver, 2);
    CHECK(numbers(pair.read(pair.receiver, pair.writePlain(3))) == std::vector<int>{3});
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
  pair.write(receiver, 4);
  receiver = *Channel::restore(*Json::parse(receiver.state().dump()));
  CHECK(numbers(pair.read(sender, pair.write(receiver, 5))) == std::vector<int>{4, 5});
}

TEST_CASE("a channel is not restored from anything else") {
  const Json good = Channel(Channel::Role::sender).state();
  REQUIRE(Channel::restore(good));
  for (const auto& [name, value] : *good.object()) {
    INFO(name);
    Json other = good;
    other.erase(name);
    CHECK_FALSE(Channel::restore(other));
    other.object()->push_back({name, Json::Array{Json::Object{{"iv", "x"}}}});
    CHECK_FALSE(Channel::restore(other));
  }
  CHECK_FALSE(Channel::restore(Json()));
}

TEST_CASE("channel vectors: every document is taken or refused, and every message is written as they say") {
  const std::map<std::string, FailureCode> codes = {
      {"replayed", FailureCode::replayed},
      {"reflected", FailureCode::reflected},
      {"messageMissing", FailureCode::messageMissing},
      {"forked", FailureCode::forked},
      {"previewChanged", FailureCode::previewChanged},
      {"unmarked", FailureCode::unmarked},
      {"takenByAnotherDevice", FailureCode::takenByAnotherDevice},
      {"wrongKeyOrAltered", FailureCode::wrongKeyOrAltered},
  };
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/channel.json");
  const Json vectors = *Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  const Secret secret = *Secret::parse(*vectors.findString("secret"));
  const Json& shown = *vectors.find("displayInformation");
  const DisplayInformation display{*shown.findString("title"), *shown.findString("description"),
                                   std::nullopt};

  for (const Json& story : *vectors.find("stories")->array()) {
    INFO(*story.findString("name"));
    Channel channel(*story.findString("role") == "sender" ? Channel::Role::sender : Channel::Role::receiver);
    int step = 0;
    for (const Json& described : *story.find("steps")->array()) {
      INFO("step " << ++step);
      if (const Json* writes = described.find("writes")) {
        std::string random = *writes->findString("random");
        const RandomSource replay = [&](void* out, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) {
            static_cast<char*>(out)[i] = static_cast<char>(std::stoi(random.substr(2 * i, 2), nullptr, 16));
          }
          random.erase(0, 2 * size);
        };
        const auto message = ProvisioningInformation::from(*writes->find("message"));
        const Payload payload =
            channel.seal(secret, *message, display, replay, *writes->find("more")->boolean());
        CHECK(open(secret, payload)->dump() == *writes->findString("text"));
        CHECK(payload.data == *writes->findString("data"));
        continue;
      }
      const Payload payload{std::string(kAes256Gcm), *described.findString("reads")};
      const auto arrival = channel.open(secret, {payload, display});
      if (const std::string* refused = described.findString("refused")) {
        checkFails(arrival, codes.at(*refused));
        continue;
      }
      REQUIRE(arrival);
      CHECK(toJson(arrival->messages) == *described.find("gives"));
      CHECK(arrival->more == *described.find("more")->boolean());
    }
  }
}
