#include "server/log.h"

#include <vector>

#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::relay {
namespace {

const TimePoint kTime(std::chrono::milliseconds(1'790'000'000'000));

}  // namespace

TEST_CASE("a line of text has its time, its level, its words and its values") {
  CHECK(formatLogLine(LogFormat::text, kTime, LogLevel::error, "the disk is full", {}) ==
        "2026-09-21T14:13:20Z Error the disk is full");
  CHECK(
      formatLogLine(LogFormat::text, kTime, LogLevel::debug, "answered", {{"status", "200"}, {"ms", "1"}}) ==
      "2026-09-21T14:13:20Z Debug answered ms=1 status=200");
}

TEST_CASE("a line of JSON is one object on one line, whatever the words are") {
  const std::string words = "a \"quoted\"\nword \\ \x01";
  const std::string line =
      formatLogLine(LogFormat::json, kTime, LogLevel::warning, words, {{"status", "200"}});
  CHECK(line.find('\n') == std::string::npos);
  const auto json = Json::parse(line);
  REQUIRE(json);
  CHECK(*json->findString("time") == "2026-09-21T14:13:20Z");
  CHECK(*json->findString("level") == "warning");
  CHECK(*json->findString("message") == words);
  CHECK(*json->findString("status") == "200");
}

TEST_CASE("one event is one line of text, too") {
  CHECK(formatLogLine(LogFormat::text, kTime, LogLevel::error, "a\r\nb", {}) ==
        "2026-09-21T14:13:20Z Error a  b");
}

TEST_CASE("a log writes what is as grave as its level, or graver") {
  std::vector<std::string> lines;
  const Log log(LogLevel::information, LogFormat::text,
                [&](std::string_view line) { lines.emplace_back(line); });
  log.debug("a");
  log.information("b");
  log.error("c");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("Information b") != std::string::npos);
  CHECK(lines[1].find("Error c") != std::string::npos);
  CHECK_FALSE(log.writes(LogLevel::debug));
  CHECK(log.writes(LogLevel::warning));
}

}  // namespace tigress::relay
