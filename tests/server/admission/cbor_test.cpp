#include "server/admission/cbor.h"

#include <string>

#include "tests/catch.h"

namespace tigress::admission {
namespace {

using namespace std::string_literals;

std::string errorOf(const std::string& bytes) {
  const auto value = Cbor::parse(bytes);
  return value ? "" : value.error().detail;
}

}  // namespace

// Examples of RFC 8949 appendix A.
TEST_CASE("integers are read in their shortest form") {
  struct Row {
    std::string bytes;
    std::int64_t value;
  };
  const Row rows[] = {{"\0"s, 0},
                      {"\x17", 23},
                      {"\x18\x18", 24},
                      {"\x18\x64", 100},
                      {"\x19\x03\xe8", 1000},
                      {"\x1a\0\x0f\x42\x40"s, 1000000},
                      {"\x1b\0\0\0\xe8\xd4\xa5\x10\0"s, 1000000000000},
                      {"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", INT64_MAX},
                      {"\x20", -1},
                      {"\x38\x63", -100},
                      {"\x39\x03\xe7", -1000},
                      {"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", INT64_MIN}};
  for (const Row& row : rows) {
    const auto value = Cbor::parse(row.bytes);
    REQUIRE(value);
    CHECK(value->integer() == row.value);
    CHECK_FALSE(value->byteString());
    CHECK_FALSE(value->textString());
  }
}

TEST_CASE("strings, arrays and maps are read") {
  CHECK(Cbor::parse("\x44\x01\x02\x03\x04")->byteString() == "\x01\x02\x03\x04");
  CHECK(Cbor::parse("\x64IETF")->textString() == "IETF");
  CHECK(Cbor::parse("\x60")->textString() == "");
  const auto list = Cbor::parse("\x83\x01\x82\x02\x03\xf6");
  REQUIRE(list);
  REQUIRE(list->array());
  CHECK(list->array()->size() == 3);
  CHECK((*list->array())[1].array()->back().integer() == 3);
  const auto map = Cbor::parse(
      "\xa3\x61"
      "a"
      "\x41x\x20\x02\x01\xf5");
  REQUIRE(map);
  CHECK(map->findBytes("a") == "x");
  CHECK(map->findInteger(-1) == 2);
  CHECK(map->find(1));
  CHECK_FALSE(map->findInteger(1));
  CHECK_FALSE(map->find(2));
  CHECK_FALSE(map->find("b"));
  CHECK_FALSE(Cbor::parse("\x01")->find("a"));
}

TEST_CASE("what follows an item is left") {
  std::string bytes = "\x01\x02";
  std::string_view rest = bytes;
  CHECK(Cbor::take(rest)->integer() == 1);
  CHECK(rest == "\x02");
  CHECK(Cbor::take(rest)->integer() == 2);
  CHECK_FALSE(Cbor::take(rest));
}

TEST_CASE("what has another form, or is not for attestation, is refused with its place") {
  struct Row {
    std::string bytes;
    const char* reason;
  };
  const Row rows[] = {
      {"", "ends too early at byte 0"},
      {"\x18", "ends too early at byte 1"},
      {"\x42\x01", "ends too early"},
      {"\x82\x01", "ends too early"},
      {"\xa1\x01", "ends too early"},
      {"\x01\x01", "more than one item at byte 1"},
      {"\x18\x17", "not the shortest form"},
      {"\x19\0\xff"s, "not the shortest form"},
      {"\x1a\0\0\xff\xff"s, "not the shortest form"},
      {"\x1b\0\0\0\0\xff\xff\xff\xff"s, "not the shortest form"},
      {"\x58\x01x", "not the shortest form"},
      {"\x1b\x80\0\0\0\0\0\0\0"s, "too large"},
      {"\x1c", "not definite"},
      {"\x5f\x41x\xff", "not definite"},
      {"\x9f\xff", "not definite"},
      {"\xbf\xff", "not definite"},
      {"\xc0\x01", "a tag"},
      {"\xf9\x3c\0"s, "no value WebAuthn has"},
      {"\xf7", "no value WebAuthn has"},
      {"\xe0", "no value WebAuthn has"},
      {"\xf8\x20", "no value WebAuthn has"},
      {"\x61\xff", "not UTF-8"},
      {"\xa2\x01\x01\x01\x02", "stands twice"},
      {"\xa2\x61"
       "a\x01\x61"
       "a\x02",
       "stands twice"},
      {"\xa1\x41"
       "a\x01",
       "neither a number nor a text"},
      {"\xa1\x80\x01", "neither a number nor a text"},
      {"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "ends too early"},
      {"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "ends too early"},
  };
  for (const Row& row : rows) {
    INFO(row.reason);
    CHECK_THAT(errorOf(row.bytes), Catch::StartsWith("CBOR: ") && Catch::Contains(row.reason));
  }
}

TEST_CASE("an item is neither too deep nor too large") {
  CHECK(errorOf(std::string(8, '\x81') + "\x01").empty());
  CHECK_THAT(errorOf(std::string(9, '\x81') + "\x01"), Catch::Contains("too deep"));
  CHECK_THAT(errorOf(std::string(1000000, '\x81')), Catch::Contains("too deep"));
  CHECK(errorOf("\x99\x01\xff" + std::string(511, '\x01')).empty());
  CHECK_THAT(errorOf("\x99\x02\0"s + std::string(512, '\x01')), Catch::Contains("too many items"));
}

}  // namespace tigress::admission
