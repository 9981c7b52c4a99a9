#include "server/metrics/exposition.h"

#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

#include "server/metrics/summary.h"
#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::metrics {
namespace {

using Catch::Contains;
using std::chrono::microseconds;

std::string exposed() {
  Registry registry;
  registry.countAnswer("GET", 200, microseconds(90));
  registry.countAnswer("GET", 200, microseconds(2400));
  registry.countAnswer("GET", 404, microseconds(9'000'000));
  registry.countAnswer("PUT", 503, std::nullopt);
  registry.countAnswer(kNoRequest, 400, std::nullopt);
  registry.count(Counter::claimsWon);
  registry.count(Counter::sharesExpired, 7);
  registry.count(Counter::pushesSent, 9);
  return expose(registry.read(), {3, 2, 5, 40960, 12, 4, 6});
}

std::string dashboard() {
  std::ifstream file(TIGRESS_SOURCE_DIR "/config/grafana.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The words of a text that begin as our figures do.
std::set<std::string> figuresIn(const std::string& text) {
  std::set<std::string> names;
  for (std::size_t at = text.find("tigress_"); at != std::string::npos; at = text.find("tigress_", at + 1)) {
    std::size_t end = at;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    names.insert(text.substr(at, end - at));
  }
  return names;
}

}  // namespace

TEST_CASE("the dashboard shows what is exposed, all of it, and nothing else") {
  const auto json = Json::parse(dashboard());
  REQUIRE(json);
  REQUIRE(json->find("panels"));
  const std::set<std::string> offered = figuresIn(exposed());
  const std::set<std::string> shown = figuresIn(dashboard());
  for (const std::string& name : shown) {
    INFO(name);
    CHECK(offered.count(name) == 1);
  }
  for (const std::string& name : offered) {
    INFO(name);
    // A histogram is shown by its parts.
    CHECK((shown.count(name) == 1 || name == "tigress_request_duration_seconds"));
  }
}

TEST_CASE("answers are exposed by method and status, those that never came are not") {
  const std::string text = exposed();
  CHECK_THAT(text, Contains("\ntigress_requests_total{method=\"GET\",code=\"200\"} 2\n"
                            "tigress_requests_total{method=\"GET\",code=\"404\"} 1\n"
                            "tigress_requests_total{method=\"PUT\",code=\"503\"} 1\n"
                            "tigress_requests_total{method=\"none\",code=\"400\"} 1\n#"));
  CHECK_THAT(text, !Contains("DELETE"));
}

TEST_CASE("the buckets of a histogram add up, in seconds") {
  const std::string text = exposed();
  const std::string bucket = "tigress_request_duration_seconds_bucket{method=\"GET\",le=";
  CHECK_THAT(text, Contains(bucket + "\"0.0001\"} 1\n"));
  CHECK_THAT(text, Contains(bucket + "\"0.001\"} 1\n"));
  CHECK_THAT(text, Contains(bucket + "\"0.0025\"} 2\n"));
  CHECK_THAT(text, Contains(bucket + "\"1\"} 2\n"));
  CHECK_THAT(text, Contains(bucket + "\"+Inf\"} 3\n"));
  CHECK_THAT(text, Contains("tigress_request_duration_seconds_sum{method=\"GET\"} 9.00249\n"));
  CHECK_THAT(text, Contains("tigress_request_duration_seconds_count{method=\"GET\"} 3\n"));
  CHECK_THAT(text, !Contains("bucket{method=\"PUT\""));
}

TEST_CASE("every counter and every reading is exposed, also those at zero") {
  const std::string text = exposed();
  for (const char* line :
       {"tigress_claims_won_total 1", "tigress_claims_refused_total 0", "tigress_shares_expired_total 7",
        "tigress_store_failures_total 0", "tigress_connections 3", "tigress_long_polls 2", "tigress_shares 5",
        "tigress_stored_bytes 40960", "tigress_commits_total 12", "tigress_flushes_total 4",
        "tigress_pushes_sent_total 9", "tigress_push_tokens_refused_total 0", "tigress_pushes_waiting 6"}) {
    CHECK_THAT(text, Contains("\n" + std::string(line) + "\n"));
  }
}

TEST_CASE("the summary for people says what the figures say") {
  CHECK(summarize(exposed()) ==
        "method       answers      2xx      3xx      4xx      5xx   half of them      99 of 100\n"
        "GET                3        2        0        1        0      <= 2.5 ms         longer\n"
        "PUT                1        0        0        0        1              -              -\n"
        "none               1        0        0        1        0              -              -\n"
        "\n"
        "shares stored                  5\n"
        "bytes stored               40960\n"
        "expired and removed            7\n"
        "claims won                     1\n"
        "claims refused                 0\n"
        "connections open               3\n"
        "long polls waiting             2\n"
        "pushes sent                    9\n"
        "pushes failed                  0\n"
        "pushes waiting                 6\n"
        "changes committed             12\n"
        "flushes                        4\n"
        "store failures                 0\n");
}

TEST_CASE("a summary of something else is empty, and no crash") {
  for (const char* text :
       {"", "#", "x", "x{", "x{} 1", "{ 1", "x{a} 1", "x{method=\"} 1", "x{le=\"\",method=\"\"} y"}) {
    INFO(text);
    CHECK_THAT(summarize(text), !Contains("shares"));
  }
}

}  // namespace tigress::metrics
