#include "server/dav/request_headers.h"

#include "tests/catch.h"

namespace tigress::dav {
namespace {

using std::chrono::seconds;

TEST_CASE("Depth is 0, 1 or infinity in any case") {
  CHECK(parseDepth("0") == Depth::zero);
  CHECK(parseDepth(" 1\t") == Depth::one);
  CHECK(parseDepth("infinity") == Depth::infinity);
  CHECK(parseDepth("Infinity") == Depth::infinity);
  for (const char* text : {"", "2", "00", "-1", "1,noroot", "infinite"}) CHECK_FALSE(parseDepth(text));
}

TEST_CASE("Timeout gives the first time type it knows") {
  CHECK(parseTimeout("Second-1") == seconds(1));
  CHECK(parseTimeout("Second-0") == seconds(0));
  CHECK(parseTimeout("Second-4294967295") == seconds(4294967295));
  CHECK(parseTimeout("Infinite") == seconds::max());
  CHECK(parseTimeout("Infinite, Second-4100000000") == seconds::max());
  CHECK(parseTimeout("Extend-1,Second-7") == seconds(7));
  for (const char* text :
       {"", "banana", "Second-", "Second--5", "Second-4294967296", "Second-1x", "Second 5"}) {
    CHECK_FALSE(parseTimeout(text));
  }
}

TEST_CASE("a lock token stands in angle brackets, or bare") {
  CHECK(parseLockToken("<urn:uuid:1>") == "urn:uuid:1");
  CHECK(parseLockToken("  <opaquelocktoken:a>\t") == "opaquelocktoken:a");
  CHECK(parseLockToken("urn:uuid:1") == "urn:uuid:1");
  for (const char* text :
       {"", "<>", "<x>", "x", "<urn:x", "urn:x>", "<urn:x> <urn:y>", "<urn: x>", "\"urn:x\""}) {
    CHECK_FALSE(parseLockToken(text));
  }
}

TEST_CASE("a range is cut to the content") {
  const auto part = [](const char* text, std::size_t size) {
    const RangeRequest request = parseRange(text, size);
    REQUIRE(request.kind == RangeRequest::Kind::part);
    return std::pair(request.range.first, request.range.last);
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  CHECK(part("bytes=0-3", 10) == Pair(0, 3));
  CHECK(part("bytes=9-", 10) == Pair(9, 9));
  CHECK(part("bytes=2-18446744073709551615", 10) == Pair(2, 9));
  CHECK(part("bytes=-3", 10) == Pair(7, 9));
  CHECK(part("bytes=-18446744073709551615", 10) == Pair(0, 9));
  CHECK(parseRange("bytes=10-", 10).kind == RangeRequest::Kind::unsatisfiable);
  CHECK(parseRange("bytes=0-", 0).kind == RangeRequest::Kind::unsatisfiable);
  CHECK(parseRange("bytes=-1", 0).kind == RangeRequest::Kind::unsatisfiable);
  CHECK(parseRange("bytes=1-0", 10).kind == RangeRequest::Kind::whole);
  CHECK(parseRange("octets=0-3", 10).kind == RangeRequest::Kind::whole);
}

TEST_CASE("Prefer: wait is cut to the longest wait") {
  CHECK(parsePreferWait("wait=10", seconds(60)) == seconds(10));
  CHECK(parsePreferWait("respond-async, Wait = 100", seconds(60)) == seconds(60));
  CHECK(parsePreferWait("wait=5; foo=bar", seconds(60)) == seconds(5));
  for (const char* text : {"", "wait", "wait=", "wait=-1", "wait=x", "return=minimal"}) {
    CHECK_FALSE(parsePreferWait(text, seconds(60)));
  }
}

}  // namespace
}  // namespace tigress::dav
