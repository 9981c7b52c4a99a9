#include "tigress/envelope.h"

#include <fstream>
#include <iterator>
#include <set>

#include "common/base64.h"
#include "tests/catch.h"

using namespace tigress;
using namespace tigress::client;

namespace {

Json payloadVectors() {
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/envelope.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return *Json::parse(text);
}

Secret secretOf(const Json& vector) {
  return *Secret::parse(*vector.findString("secret"));
}

Payload payloadOf(const Json& vector) {
  const Json& payload = *vector.find("payload");
  return {*payload.findString("type"), *payload.findString("data")};
}

std::string fromHex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// Gives the bytes of a vector in place of random ones.
RandomSource replay(std::string bytes) {
  return [bytes = std::move(bytes)](void* out, std::size_t size) {
    REQUIRE(size == bytes.size());
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(out));
  };
}

std::size_t plaintextSize(const Payload& payload) {
  return base64Decode(payload.data)->size() - 12 - 16;
}

}  // namespace

TEST_CASE("payload vectors open to their messages") {
  const Json vectors = payloadVectors();
  for (const Json& vector : *vectors.find("payloads")->array()) {
    INFO(*vector.findString("name"));
    const auto message = open(secretOf(vector), payloadOf(vector));
    REQUIRE(message);
    CHECK(*message == *Json::parse(*vector.findString("plaintext")));
  }
}

TEST_CASE("payload vectors with an IV are sealed to the same bytes") {
  int sealed = 0;
  const Json vectors = payloadVectors();
  for (const Json& vector : *vectors.find("payloads")->array()) {
    const std::string* iv = vector.findString("iv");
    if (!iv) continue;
    INFO(*vector.findString("name"));
    const Json message = *Json::parse(*vector.findString("message"));
    if (message.dump() != *vector.findString("message")) continue;  // spelled as others may
    const Payload payload = seal(secretOf(vector), message, replay(fromHex(*iv)));
    CHECK(payload.type == payloadOf(vector).type);
    CHECK(payload.data == payloadOf(vector).data);
    ++sealed;
  }
  CHECK(sealed >= 5);
}

TEST_CASE("every refused payload vector fails in the same words") {
  const Json vectors = payloadVectors();
  for (const Json& vector : *vectors.find("refused")->array()) {
    INFO(*vector.findString("name"));
    const auto message = open(secretOf(vector), payloadOf(vector));
    REQUIRE_FALSE(message);
    CHECK(message.error().code == FailureCode::wrongKeyOrAltered);
    CHECK(message.error().detail == wrongKeyOrAltered().detail);
  }
}

TEST_CASE("no bit of a payload can be flipped") {
  const Secret secret = Secret::generate(Secret::Size::bits128, systemRandom);
  const Payload payload = seal(secret, Json::Object{{"a", 1}}, systemRandom);
  const std::string data = *base64Decode(payload.data);
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    std::string flipped = data;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    if (open(secret, {payload.type, base64Encode(flipped)})) FAIL("bit " << bit << " was flipped unseen");
  }
}

TEST_CASE("the same message is never sealed to the same bytes") {
  const Secret secret = Secret::generate(Secret::Size::bits256, systemRandom);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) seen.insert(seal(secret, Json::Object{}, systemRandom).data.substr(0, 16));
  CHECK(seen.size() == 50);
}

TEST_CASE("length tells only the power of two a message fits in") {
  const Secret secret = Secret::generate(Secret::Size::bits256, systemRandom);
  const auto sizeFor = [&](std::size_t text) {
    return plaintextSize(seal(secret, Json(std::string(text, 'x')), systemRandom));
  };
  CHECK(sizeFor(1) == 1024);
  CHECK(sizeFor(1024 - 32 - 2) == 1024);
  CHECK(sizeFor(1024 - 32 - 1) == 2048);
  CHECK(sizeFor(3000) == 4096);
}
