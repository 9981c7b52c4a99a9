#include "server/notify/message_encryption.h"

#include <fstream>
#include <sstream>

#include "common/base64.h"
#include "server/notify/json_web_token.h"
#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::notify {
namespace {

// The examples of RFC 8291 and RFC 8292.
Json vectors() {
  std::ifstream file(std::string(TIGRESS_SOURCE_DIR) + "/tests/vectors/web_push.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto json = Json::parse(text.str());
  REQUIRE(json);
  return *json;
}

std::string bytes(const Json& vector, std::string_view name) {
  const std::string* text = vector.findString(name);
  REQUIRE(text);
  return *base64UrlDecode(*text);
}

TEST_CASE("a message is encrypted as the example of RFC 8291, to the bit") {
  const Json file = vectors();
  const Json& vector = *file.find("encryption");
  const auto sender = EcKey::fromScalar(bytes(vector, "senderPrivate"));
  REQUIRE(sender);
  CHECK(sender->publicPoint() == bytes(vector, "senderPublic"));
  const auto message = encryptMessage(bytes(vector, "plaintext"), bytes(vector, "receiverPublic"),
                                      bytes(vector, "auth"), *sender, bytes(vector, "salt"));
  REQUIRE(message);
  CHECK(base64UrlEncode(*message) == *vector.findString("message"));
}

TEST_CASE("both sides of the example agree on one secret") {
  const Json file = vectors();
  const Json& vector = *file.find("encryption");
  const auto sender = EcKey::fromScalar(bytes(vector, "senderPrivate"));
  const auto receiver = EcKey::fromScalar(bytes(vector, "receiverPrivate"));
  REQUIRE((sender && receiver));
  CHECK(sender->agree(receiver->publicPoint()) == receiver->agree(sender->publicPoint()));
}

TEST_CASE("a key that is no point of the curve, and a message beyond one record, are refused") {
  const EcKey key = EcKey::generate();
  std::string off = key.publicPoint();
  off.back() = static_cast<char>(off.back() ^ 1);
  CHECK_FALSE(isP256Point(off));
  CHECK(isP256Point(key.publicPoint()));
  CHECK_FALSE(encryptMessage("x", off, std::string(16, 'a'), key, std::string(16, 's')));
  CHECK_FALSE(encryptMessage("x", "", std::string(16, 'a'), key, std::string(16, 's')));
  CHECK(encryptMessage(std::string(4079, 'x'), key.publicPoint(), std::string(16, 'a'), key,
                       std::string(16, 's')));
  CHECK_FALSE(encryptMessage(std::string(4080, 'x'), key.publicPoint(), std::string(16, 'a'), key,
                             std::string(16, 's')));
}

TEST_CASE("header and claims of a VAPID token are written as in the example of RFC 8292") {
  const Json file = vectors();
  const Json& vector = *file.find("vapid");
  const std::string token = jsonWebToken(Json::Object{{"typ", "JWT"}, {"alg", "ES256"}},
                                         Json::Object{{"aud", *vector.findString("aud")},
                                                      {"exp", *vector.find("exp")},
                                                      {"sub", *vector.findString("sub")}},
                                         [](std::string_view) { return std::string("signature"); });
  const std::string& example = *vector.findString("token");
  CHECK(token.substr(0, token.rfind('.')) == example.substr(0, example.rfind('.')));
}

TEST_CASE("a key survives its PEM, and what is no key of P-256 is none") {
  const EcKey key = EcKey::generate();
  const auto back = EcKey::fromPem(key.toPem());
  REQUIRE(back);
  CHECK(back->publicPoint() == key.publicPoint());
  CHECK(key.sign("text").size() == 64);
  CHECK_FALSE(EcKey::fromPem(""));
  CHECK_FALSE(EcKey::fromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  CHECK_FALSE(RsaKey::fromPem(key.toPem()));
}

}  // namespace
}  // namespace tigress::notify
