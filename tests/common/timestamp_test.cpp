#include "tigress/timestamp.h"

#include <ctime>
#include <random>

#include "tests/catch.h"

namespace tigress {
namespace {

using std::chrono::milliseconds;

TimePoint at(std::int64_t seconds, int rest = 0) {
  return TimePoint(std::chrono::seconds(seconds) + milliseconds(rest));
}

std::string byGmtime(const char* format, std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm broken{};
  gmtime_r(&time, &broken);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &broken)};
}

}  // namespace

TEST_CASE("the three date forms of RFC 9110 section 5.6.7 are the same moment") {
  const TimePoint moment = at(784111777);
  CHECK(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT") == moment);
  CHECK(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT") == moment);
  CHECK(parseHttpDate("Sun Nov  6 08:49:37 1994") == moment);
  CHECK(formatHttpDate(moment) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("an asctime date may have a day of two digits") {
  CHECK(parseHttpDate("Wed Nov 16 08:49:37 1994") == at(784975777));
}

TEST_CASE("a two-digit year is one of 1970 to 2069") {
  CHECK(parseHttpDate("Thursday, 01-Jan-70 00:00:00 GMT") == at(0));
  CHECK(parseHttpDate("Friday, 01-Jan-99 00:00:00 GMT") == at(915148800));
  CHECK(parseHttpDate("Saturday, 01-Jan-00 00:00:00 GMT") == at(946684800));
  CHECK(parseHttpDate("Tuesday, 31-Dec-69 23:59:59 GMT") == at(3155759999));
}

TEST_CASE("what is no HTTP date is refused") {
  for (const char* text : {"",
                           "Sun",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           " Sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 32 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 29 Feb 1995 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Abc 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov 06 08:49:37 94",
                           "1994-11-06T08:49:37Z",
                           "784111777",
                           "0",
                           "-1",
                           "Sun, -6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"}) {
    INFO(text);
    CHECK_FALSE(parseHttpDate(text));
  }
}

TEST_CASE("the examples of RFC 3339 section 5.8") {
  CHECK(parseRfc3339("1985-04-12T23:20:50.52Z") == at(482196050, 520));
  CHECK(parseRfc3339("1996-12-19T16:39:57-08:00") == parseRfc3339("1996-12-20T00:39:57Z"));
  CHECK(parseRfc3339("1990-12-31T23:59:60Z") == parseRfc3339("1991-01-01T00:00:00Z"));
  CHECK(parseRfc3339("1990-12-31T15:59:60-08:00") == parseRfc3339("1991-01-01T00:00:00Z"));
  CHECK(parseRfc3339("1937-01-01T12:00:27.87+00:20") == at(-1041337173, 870));
}

TEST_CASE("RFC 3339 in its other spellings") {
  const TimePoint moment = at(784111777);
  CHECK(parseRfc3339("1994-11-06t08:49:37z") == moment);
  CHECK(parseRfc3339("1994-11-06 08:49:37Z") == moment);
  CHECK(parseRfc3339("1994-11-06T08:49:37+00:00") == moment);
  CHECK(parseRfc3339("1994-11-06T08:49:37-00:00") == moment);
  CHECK(parseRfc3339("1994-11-07T08:48:37+23:59") == moment);
  CHECK(parseRfc3339("1994-11-06T08:49:37.0009Z") == moment);
  CHECK(parseRfc3339("1994-11-06T08:49:37.1239999999999999999999Z") == moment + milliseconds(123));
  CHECK(formatRfc3339(moment + milliseconds(999)) == "1994-11-06T08:49:37Z");
}

TEST_CASE("what is not RFC 3339 is refused") {
  for (const char* text : {"",
                           "1994-11-06",
                           "1994-11-06T08:49:37",
                           "1994-11-06T08:49Z",
                           "1994-11-06T08:49:37.Z",
                           "1994-11-06T08:49:37,5Z",
                           "1994-11-06T08:49:37Z ",
                           " 1994-11-06T08:49:37Z",
                           "94-11-06T08:49:37Z",
                           "1994-1-06T08:49:37Z",
                           "1994-13-06T08:49:37Z",
                           "1994-00-06T08:49:37Z",
                           "1994-11-31T08:49:37Z",
                           "1900-02-29T00:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "1994-11-06T24:00:00Z",
                           "1994-11-06T08:60:00Z",
                           "1994-11-06T08:49:61Z",
                           "1994-11-06T08:49:37+24:00",
                           "1994-11-06T08:49:37+00:60",
                           "1994-11-06T08:49:37+0000",
                           "1994-11-06T08:49:37+00",
                           "1994-11-06T08:49:37GMT",
                           "1994-11-06X08:49:37Z",
                           "+994-11-06T08:49:37Z",
                           "-001-11-06T08:49:37Z",
                           "1994-11-06T08:49:37ZZ",
                           "19941106T084937Z"}) {
    INFO(text);
    CHECK_FALSE(parseRfc3339(text));
  }
  CHECK(parseRfc3339("2000-02-29T00:00:00Z"));
  CHECK(parseRfc3339("2024-02-29T00:00:00Z"));
}

TEST_CASE("random moments are formatted as gmtime does, and come back") {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<std::int64_t> seconds(-62135596800, 253402300799);  // years 1 to 9999
  for (int i = 0; i < 5000; ++i) {
    const std::int64_t second = seconds(random);
    const TimePoint moment = at(second, static_cast<int>(random() % 1000));
    const std::string http = formatHttpDate(moment);
    const std::string rfc3339 = formatRfc3339(moment);
    INFO(second);
    REQUIRE(http.substr(0, 11) == byGmtime("%a, %d %b", second));
    REQUIRE(http.substr(16) == byGmtime(" %H:%M:%S GMT", second));
    REQUIRE(rfc3339.substr(4) == byGmtime("-%m-%dT%H:%M:%SZ", second));
    REQUIRE(std::stoi(rfc3339.substr(0, 4)) == std::stoi(byGmtime("%Y", second)));
    REQUIRE(http.substr(12, 4) == rfc3339.substr(0, 4));
    REQUIRE(parseHttpDate(http) == at(second));
    REQUIRE(parseRfc3339(rfc3339) == at(second));
  }
}

TEST_CASE("every day from 1970 to 2100 has its date") {
  for (std::int64_t day = 0; day < 131 * 366; ++day) {
    if (formatRfc3339(at(day * 86400)) != byGmtime("%Y-%m-%dT%H:%M:%SZ", day * 86400)) {
      FAIL_CHECK("day " << day);
    }
  }
}

TEST_CASE("the system's clock has milliseconds and agrees with the C library's") {
  const std::int64_t before = std::time(nullptr);
  const std::int64_t now = systemNow().time_since_epoch().count();
  const std::int64_t after = std::time(nullptr);
  CHECK(now >= before * 1000 - 1000);
  CHECK(now <= after * 1000 + 1999);
}

}  // namespace tigress
