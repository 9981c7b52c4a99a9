#include "server/request_observer.h"

#include <algorithm>
#include <vector>

#include "server/front/blocking_answer.h"
#include "server/store/store_error.h"
#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::relay {
namespace {

using Catch::Contains;

const char* const kPath = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";

// A relay that does what a test wants.
struct Inner : front::RequestHandler {
  std::function<void(front::Reply&)> act = [](front::Reply& reply) { reply.send({200, {}, "body"}); };
  void answer(Request, front::Reply reply) override { act(reply); }
  void answerToHead(Request, front::Reply reply) override { reply.proceed(); }
};

struct Observed {
  explicit Observed(LogLevel level = LogLevel::debug)
      : log(level, LogFormat::json, [this](std::string_view line) { lines.emplace_back(line); }) {}

  Response ask(const std::string& method, const std::string& target, Headers headers = {}) {
    return front::answerBlocking(observer, {method, target, std::move(headers), ""});
  }
  std::string value(std::size_t line, std::string_view name) const {
    const auto json = Json::parse(lines.at(line));
    const std::string* text = json ? json->findString(name) : nullptr;
    return text ? *text : "";
  }
  std::uint64_t answers() const {
    std::uint64_t sum = 0;
    for (const auto& method : registry.read().methods) {
      for (const std::uint64_t count : method.answers) sum += count;
    }
    return sum;
  }
  std::uint64_t timed() const {
    std::uint64_t sum = 0;
    for (const auto& method : registry.read().methods) {
      for (const std::uint64_t count : method.latencies) sum += count;
    }
    return sum;
  }

  std::vector<std::string> lines;
  Log log;
  Inner inner;
  metrics::Registry registry;
  RequestObserver observer{{inner, registry, log}};
};

}  // namespace

TEST_CASE("an answer passes unchanged, is counted, timed and has one line") {
  Observed observed;
  CHECK(observed.ask("GET", kPath).body == "body");
  CHECK(observed.answers() == 1);
  CHECK(observed.timed() == 1);
  REQUIRE(observed.lines.size() == 1);
  CHECK(observed.value(0, "method") == "GET");
  CHECK(observed.value(0, "status") == "200");
  CHECK(observed.value(0, "target") == "document");
  CHECK(observed.value(0, "request").size() == 16);
  CHECK(observed.value(0, "share").size() == 8);
  CHECK_THAT(observed.lines[0], !Contains("2bba630e") && !Contains("share.json"));
}

TEST_CASE("lines of one share have one fingerprint, in one run of the relay only") {
  Observed observed;
  observed.ask("GET", kPath);
  observed.ask("PUT", kPath);
  observed.ask("GET", "/v1/2bba630e-519b-41ec-bf63-0242ac130003/share.json");
  observed.ask("GET", "/v1/");
  CHECK(observed.value(0, "share") == observed.value(1, "share"));
  CHECK(observed.value(0, "share") != observed.value(2, "share"));
  CHECK(observed.value(0, "request") != observed.value(1, "request"));
  CHECK(observed.value(3, "share").empty());
  Observed again;
  again.ask("GET", kPath);
  CHECK(again.value(0, "share") != observed.value(0, "share"));
}

TEST_CASE("a method that nobody knows is not logged by its name") {
  Observed observed;
  observed.ask("SECRET", "/");
  CHECK_THAT(observed.lines.at(0), Contains("\"other\"") && !Contains("SECRET"));
}

TEST_CASE("who asks to wait is counted, not timed") {
  Observed observed;
  observed.ask("GET", kPath, {{"Prefer", "wait=10"}});
  CHECK(observed.answers() == 1);
  CHECK(observed.timed() == 0);
}

TEST_CASE("above level debug there are no lines of requests, but of failures, and figures of both") {
  Observed observed(LogLevel::error);
  observed.ask("GET", kPath);
  CHECK(observed.lines.empty());
  observed.inner.act = [](front::Reply& reply) {
    reply.fail(std::make_exception_ptr(store::StoreError("the disk is gone")));
  };
  CHECK(observed.ask("PUT", kPath).status == 503);
  REQUIRE(observed.lines.size() == 1);
  CHECK(observed.value(0, "message") == "the disk is gone");
  CHECK(observed.value(0, "request").size() == 16);
  CHECK(observed.answers() == 2);
  CHECK(observed.registry.read().counters.at(static_cast<std::size_t>(metrics::Counter::storeFailures)) == 1);
}

TEST_CASE("the line of a failure and the line of its request can be matched") {
  Observed observed;
  observed.inner.act = [](front::Reply& reply) {
    reply.fail(std::make_exception_ptr(std::logic_error("a bug")));
  };
  CHECK(observed.ask("PUT", kPath).status == 500);
  REQUIRE(observed.lines.size() == 2);
  CHECK(observed.value(0, "request") == observed.value(1, "request"));
  CHECK(observed.value(1, "status") == "500");
}

TEST_CASE("a request that the relay drops is answered and counted") {
  Observed observed;
  observed.inner.act = [](front::Reply& reply) { const front::Reply dropped(std::move(reply)); };
  CHECK(observed.ask("GET", "/").status == 500);
  CHECK(observed.answers() == 1);
}

TEST_CASE("a head that decides nothing is no answer yet") {
  Observed observed;
  CHECK_FALSE(front::answerToHeadBlocking(observed.observer, {"PUT", kPath, {}, ""}));
  CHECK(observed.answers() == 0);
  CHECK(observed.lines.empty());
}

TEST_CASE("what was no request is counted and logged by its status alone") {
  Observed observed;
  observed.observer.refused(431);
  CHECK(observed.answers() == 1);
  CHECK(observed.value(0, "status") == "431");
  CHECK(observed.registry.read().methods.back().answers.at(24) == 1);
}

}  // namespace tigress::relay
