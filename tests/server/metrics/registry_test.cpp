#include "server/metrics/registry.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/catch.h"
#include "tigress/http_message.h"

namespace tigress::metrics {
namespace {

using std::chrono::microseconds;

std::size_t placeOf(std::string_view method) {
  return static_cast<std::size_t>(std::find(kMethods.begin(), kMethods.end(), method) - kMethods.begin());
}

std::uint64_t answersOf(const Registry& registry, std::string_view method, int status) {
  const auto at = std::find(kStatuses.begin(), kStatuses.end(), status) - kStatuses.begin();
  return registry.read().methods.at(placeOf(method)).answers.at(static_cast<std::size_t>(at));
}

}  // namespace

TEST_CASE("every status that the relay uses has figures of its own") {
  for (int status = 200; status < 600; ++status) {
    if (reasonPhrase(status).empty()) continue;
    INFO(status);
    Registry registry;
    registry.countAnswer("GET", status, std::nullopt);
    CHECK(answersOf(registry, "GET", status) == 1);
    CHECK(answersOf(registry, "GET", 0) == 0);
  }
  CHECK(std::is_sorted(kStatuses.begin(), kStatuses.end() - 1));
}

TEST_CASE("methods and statuses that nobody knows share one place") {
  Registry registry;
  for (const char* method : {"BREW", "get", "", "other", "none "}) registry.countAnswer(method, 501, {});
  CHECK(answersOf(registry, "other", 501) == 5);
  for (const int status : {0, 199, 202, 418, 599, -1}) registry.countAnswer("PUT", status, {});
  CHECK(answersOf(registry, "PUT", 0) == 6);
  registry.countAnswer(kNoRequest, 400, {});
  CHECK(answersOf(registry, "none", 400) == 1);
  CHECK(methodLabel("BREW") == "other");
  CHECK(methodLabel("none") == "other");
  CHECK(methodLabel("PROPFIND") == "PROPFIND");
}

TEST_CASE("a latency falls into the first bucket that is not below it") {
  Registry registry;
  const std::vector<std::pair<std::int64_t, std::size_t>> rows = {
      {0, 0}, {100, 0}, {101, 1}, {250, 1}, {1000, 3}, {2'500'000, 13}, {2'500'001, 14}, {99'000'000, 14}};
  for (const auto& [took, bucket] : rows) {
    INFO(took);
    const auto before = registry.read().methods.at(0).latencies.at(bucket);
    registry.countAnswer("GET", 200, microseconds(took));
    CHECK(registry.read().methods.at(0).latencies.at(bucket) == before + 1);
  }
  CHECK(registry.read().methods.at(0).microseconds == 104'001'452);
  registry.countAnswer("GET", 304, std::nullopt);
  const auto latencies = registry.read().methods.at(0).latencies;
  CHECK(std::accumulate(latencies.begin(), latencies.end(), std::uint64_t{0}) == rows.size());
}

TEST_CASE("nothing is lost when many threads count at once") {
  Registry registry;
  constexpr int kThreads = 40;  // more than there are parts
  constexpr int kTimes = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&registry] {
      for (int i = 0; i < kTimes; ++i) {
        registry.countAnswer("LOCK", 423, microseconds(i));
        registry.count(Counter::sharesExpired, 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answersOf(registry, "LOCK", 423) == kThreads * kTimes);
  CHECK(registry.read().counters.at(static_cast<std::size_t>(Counter::sharesExpired)) ==
        3 * kThreads * kTimes);
}

}  // namespace tigress::metrics
