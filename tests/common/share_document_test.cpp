#include "tigress/share_document.h"

#include "tests/catch.h"

namespace tigress {
namespace {

using Catch::Contains;

const std::string kPayload = R"("payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"})";

std::string with(const std::string& members) {
  return "{" + kPayload + (members.empty() ? "" : "," + members) + "}";
}

}  // namespace

TEST_CASE("a share document gives its payload and what may be shown of it") {
  const auto document = parseShareDocument(
      R"({"displayInformation":{"title":"T","description":"","imageURL":"https://x/y.png","other":1},
          "more":[1],"payload":{"type":"AEAD_AES_256_GCM","data":"Zm9v","extra":{}}})");
  REQUIRE(document);
  CHECK(document->payload.type == kAes256Gcm);
  CHECK(document->payload.data == "Zm9v");
  CHECK(document->display.title == "T");
  CHECK(document->display.description == "");
  CHECK(document->display.imageUrl == "https://x/y.png");
}

TEST_CASE("what may be shown is optional, member by member") {
  CHECK(parseShareDocument(with(""))->display == DisplayInformation{});
  CHECK(parseShareDocument(with(R"("displayInformation":{})"))->display == DisplayInformation{});
  CHECK(parseShareDocument(with(R"("displayInformation":{"title":"T"})"))->display.title == "T");
}

TEST_CASE("a document of another shape is refused with what was expected") {
  const std::pair<std::string, std::string> rows[] = {
      {"", "the body is empty; send a share document"},
      {" \r\n", "not JSON: there is nothing in it"},
      {"nonsense", "not JSON"},
      {"[]", "JSON object"},
      {"null", "JSON object"},
      {"{}", "\"payload\""},
      {R"({"payload":null})", "\"payload\""},
      {R"({"payload":"x"})", "\"payload\""},
      {R"({"Payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}})", "\"payload\""},
      {R"({"payload":{"data":"AAAA"}})", "payload.type"},
      {R"({"payload":{"type":"AEAD_AES_192_GCM","data":"AAAA"}})", "payload.type"},
      {R"({"payload":{"type":"aead_aes_128_gcm","data":"AAAA"}})", "payload.type"},
      {R"({"payload":{"type":1,"data":"AAAA"}})", "payload.type"},
      {R"({"payload":{"type":"AEAD_AES_128_GCM"}})", "payload.data"},
      {R"({"payload":{"type":"AEAD_AES_128_GCM","data":""}})", "payload.data"},
      {R"({"payload":{"type":"AEAD_AES_128_GCM","data":"*"}})", "payload.data"},
      {R"({"payload":{"type":"AEAD_AES_128_GCM","data":"__--"}})", "payload.data"},
      {R"({"payload":{"type":"AEAD_AES_128_GCM","data":["AAAA"]}})", "payload.data"},
      {with(R"("displayInformation":"T")"), "displayInformation must"},
      {with(R"("displayInformation":null)"), "displayInformation must"},
      {with(R"("displayInformation":{"title":1})"), "displayInformation.title"},
      {with(R"("displayInformation":{"description":null})"), "displayInformation.description"},
      {with(R"("displayInformation":{"imageURL":{}})"), "displayInformation.imageURL"},
      {with(kPayload), "twice"},
      {with(R"("deep":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]])"), "16 levels"},
  };
  for (const auto& [body, expected] : rows) {
    INFO(body);
    const auto document = parseShareDocument(body);
    REQUIRE_FALSE(document);
    CHECK_THAT(document.error().detail, Contains(expected));
    CHECK_FALSE(parseCreationDocument(body));
  }
}

TEST_CASE("a PUT must not carry what is for the relay alone: the other device would read it") {
  for (const char* member : {"notificationToken", "mailboxConfiguration"}) {
    const auto document = parseShareDocument(with("\"" + std::string(member) + "\":{}"));
    REQUIRE_FALSE(document);
    CHECK_THAT(document.error().detail, Contains(member));
  }
  CHECK(parseShareDocument(with(R"("inner":{"notificationToken":1})")));
}

TEST_CASE("a creation without instructions is stored to the byte") {
  const std::string body = "\n { " + kPayload + ", \"n\" : 1.50 } ";
  CHECK(parseCreationDocument(body)->stored == body);
}

TEST_CASE("a creation's instructions are taken out, everything else stays in its order") {
  const auto creation = parseCreationDocument(
      R"({"z":-0, "mailboxConfiguration":{"expiration":"2026-11-21T08:49:37.5+01:00","x":1}, )" + kPayload +
      R"(, "notificationToken":{"type":"t"}, "a":[1.0e2,null]})");
  REQUIRE(creation);
  CHECK(creation->stored == R"({"z":-0,)" + kPayload + R"(,"a":[1.0e2,null]})");
  CHECK(creation->configuration.expiration == parseRfc3339("2026-11-21T07:49:37.500Z"));
  CHECK(parseShareDocument(creation->stored));
}

TEST_CASE("an expiration that is no time is refused") {
  for (const char* value : {"\"\"", "\"tomorrow\"", "1790000000", "null", "\"2026-11-21\"", "{}"}) {
    const auto creation =
        parseCreationDocument(with(R"("mailboxConfiguration":{"expiration":)" + std::string(value) + "}"));
    INFO(value);
    REQUIRE_FALSE(creation);
    CHECK_THAT(creation.error().detail, Contains("expiration") && Contains("RFC 3339"));
  }
  CHECK_FALSE(parseCreationDocument(with(R"("mailboxConfiguration":[])")));
  CHECK_FALSE(parseCreationDocument(with(R"("mailboxConfiguration":{})"))->configuration.expiration);
}

TEST_CASE("a document is written as it is read") {
  ShareDocument document{{std::string(kAes128Gcm), "Zm9v"}, {"T", std::nullopt, "https://x"}};
  const std::string text = toJson(document).dump();
  CHECK(text == R"({"payload":{"type":"AEAD_AES_128_GCM","data":"Zm9v"},)"
                R"("displayInformation":{"title":"T","imageURL":"https://x"}})");
  CHECK(parseShareDocument(text)->display == document.display);
  document.display = {};
  CHECK(toJson(document).dump() == R"({"payload":{"type":"AEAD_AES_128_GCM","data":"Zm9v"}})");
}

}  // namespace tigress
