#include "server/admission/der.h"

#include <string>

#include "tests/catch.h"

namespace tigress::admission {

using namespace std::string_literals;

TEST_CASE("an element of DER is its tag and its content") {
  const std::string bytes = "\x30\x03\x02\x01\x05\x04\x01x"s;
  std::string_view rest = bytes;
  const auto sequence = Der::take(rest, Der::kSequence);
  REQUIRE(sequence);
  CHECK(derNumber(*Der::only(*sequence, Der::kInteger)) == 5);
  CHECK_FALSE(Der::take(rest, Der::kInteger));
  CHECK(Der::take(rest, Der::kOctetString) == "x");
  CHECK(rest.empty());
}

TEST_CASE("tags beyond 30 and long lengths are read") {
  CHECK(Der::only("\xBF\x85\x3E\x01x", Der::contextTag(702)) == "x");
  CHECK(Der::only("\x04\x81\x80" + std::string(128, 'x'), Der::kOctetString)->size() == 128);
  CHECK(Der::only("\x04\x82\x01\x00"s + std::string(256, 'x'), Der::kOctetString)->size() == 256);
}

TEST_CASE("what is no DER is nothing") {
  const std::string bad[] = {"",
                             "\x30",
                             "\x30\x01",
                             "\x30\x80",
                             "\x04\x81\x7f" + std::string(127, 'x'),  // not the shortest length
                             "\x04\x82\x00\x80"s + std::string(128, 'x'),
                             "\x04\x84\x00\x00\x00\x01x"s,
                             "\xBF\x80\x01\x00"s,  // a tag that begins with zeros
                             "\xBF\x1e\x00"s,      // a tag that fits into one byte
                             "\xBF\xff\xff\xff\x7f\x00"s,
                             "\x41\x00"s,
                             "\xC1\x00"s};
  for (const std::string& bytes : bad) {
    std::string_view rest = bytes;
    CHECK_FALSE(Der::take(rest));
    CHECK(rest.size() == bytes.size());
  }
  CHECK_FALSE(Der::only("\x04\x01xx", Der::kOctetString));
}

TEST_CASE("a number is small and not negative") {
  CHECK(derNumber("\x00"s) == 0U);
  CHECK(derNumber("\x7f\xff\xff\xff") == 0x7fffffffU);
  CHECK_FALSE(derNumber(""));
  CHECK_FALSE(derNumber("\x80"));
  CHECK_FALSE(derNumber("\x01\x00\x00\x00\x00"s));
}

}  // namespace tigress::admission
