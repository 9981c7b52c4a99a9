#include "server/admission/rate_limits.h"

#include <atomic>
#include <string>
#include <thread>

#include "tests/catch.h"

namespace tigress::admission {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Moment kStart = Moment(hours(1000));
const IpAddress kHome = IpAddress::parse("192.0.2.1").value();
const IpAddress kNextDoor = IpAddress::parse("192.0.3.1").value();
constexpr Budget kWide{1000000, seconds(1)};

// Every budget wide but one.
RateLimits limits(Spending spending, Budget budget, std::size_t places = 1024) {
  Budgets budgets{kWide, kWide, kWide, kWide, kWide};
  budgets[static_cast<std::size_t>(spending)] = budget;
  return {budgets, places, systemRandom, kStart};
}

// How many of `tries` requests get in.
int spend(RateLimits& limits, Spending spending, const IpAddress& client, int tries, Moment now) {
  int in = 0;
  for (int i = 0; i < tries; ++i) {
    if (limits.check(spending, client, now)) continue;
    limits.charge(spending, client, now);
    ++in;
  }
  return in;
}

}  // namespace

TEST_CASE("a network spends its budget at once, and gets it back one by one") {
  RateLimits all = limits(Spending::reads, {10, seconds(60)});
  CHECK(spend(all, Spending::reads, kHome, 30, kStart) == 10);
  CHECK(spend(all, Spending::reads, kHome, 30, kStart + milliseconds(5999)) == 0);
  CHECK(spend(all, Spending::reads, kHome, 30, kStart + seconds(6)) == 1);
  CHECK(spend(all, Spending::reads, kHome, 30, kStart + seconds(24)) == 3);
  CHECK(spend(all, Spending::reads, kHome, 30, kStart + seconds(600)) == 10);
}

TEST_CASE("a budget of any size is exactly that size") {
  for (const std::uint32_t requests : {1U, 2U, 3U, 7U, 999U}) {
    for (const seconds window : {seconds(1), seconds(7), seconds(3600)}) {
      RateLimits all = limits(Spending::creates, {requests, window});
      INFO(requests << " in " << window.count() << " s");
      CHECK(spend(all, Spending::creates, kHome, 2000, kStart) == static_cast<int>(requests));
      CHECK(spend(all, Spending::creates, kHome, 2000, kStart + 2 * window) == static_cast<int>(requests));
    }
  }
}

TEST_CASE("a refusal says which budget it is and when there is room again") {
  RateLimits all = limits(Spending::creates, {3, seconds(60)});
  spend(all, Spending::creates, kHome, 3, kStart);
  const auto refusal = all.check(Spending::creates, kHome, kStart + milliseconds(500));
  REQUIRE(refusal);
  CHECK(refusal->spending == Spending::creates);
  CHECK(refusal->budget.requests == 3);
  CHECK(refusal->budget.window == seconds(60));
  CHECK(refusal->retryAfter == seconds(20));  // 19.5, rounded up
  CHECK(all.check(Spending::creates, kHome, kStart + milliseconds(19999)));
  CHECK_FALSE(all.check(Spending::creates, kHome, kStart + seconds(20)));
}

TEST_CASE("requests that were under way at the same time are charged, but never owed for long") {
  RateLimits all = limits(Spending::reads, {2, seconds(10)});
  for (int i = 0; i < 100; ++i) all.charge(Spending::reads, kHome, kStart);
  CHECK(all.check(Spending::reads, kHome, kStart + milliseconds(4999)));
  CHECK_FALSE(all.check(Spending::reads, kHome, kStart + seconds(5)));
}

TEST_CASE("one network's spending is not another's, and one budget's is not another's") {
  RateLimits all = limits(Spending::reads, {5, seconds(60)});
  CHECK(spend(all, Spending::reads, kHome, 10, kStart) == 5);
  CHECK(spend(all, Spending::reads, kNextDoor, 10, kStart) == 5);
  CHECK(spend(all, Spending::changes, kHome, 10, kStart) == 10);
}

TEST_CASE("all addresses of a network spend the same budget") {
  RateLimits all = limits(Spending::reads, {5, seconds(60)});
  CHECK(spend(all, Spending::reads, IpAddress::parse("192.0.2.9").value(), 3, kStart) == 3);
  CHECK(spend(all, Spending::reads, kHome, 10, kStart) == 2);
  CHECK(spend(all, Spending::reads, IpAddress::parse("2001:db8:1::1").value(), 3, kStart) == 3);
  CHECK(spend(all, Spending::reads, IpAddress::parse("2001:db8:1:2::1").value(), 10, kStart) == 2);
  CHECK(spend(all, Spending::reads, IpAddress::parse("2001:db8:2::1").value(), 10, kStart) == 5);
}

TEST_CASE("a thousand busy networks leave the others their budgets") {
  RateLimits all = limits(Spending::reads, {5, seconds(60)}, 4096);
  for (int i = 0; i < 1000; ++i) {
    const std::string busy = "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1";
    spend(all, Spending::reads, IpAddress::parse(busy).value(), 5, kStart);
  }
  int whole = 0;
  for (int i = 0; i < 250; ++i) {
    const std::string quiet = "172.16." + std::to_string(i) + ".1";
    whole += spend(all, Spending::reads, IpAddress::parse(quiet).value(), 5, kStart) == 5 ? 1 : 0;
  }
  CHECK(whole >= 240);  // a twentieth of the cells are someone else's: all four hardly ever
}

TEST_CASE("after a day all is forgotten and the key is another") {
  int draws = 0;
  const RandomSource counted = [&](void* out, std::size_t size) {
    ++draws;
    systemRandom(out, size);
  };
  Budgets budgets;
  budgets.fill({1, hours(24 * 30)});
  RateLimits all(budgets, 64, counted, kStart);
  // So many that no place of the table is left, whatever the key.
  for (int i = 0; i < 2000; ++i) {
    const std::string busy = "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1";
    all.charge(Spending::reads, IpAddress::parse(busy).value(), kStart);
  }
  spend(all, Spending::reads, kHome, 1, kStart);
  CHECK(all.check(Spending::reads, kHome, kStart + hours(24) - seconds(1)));
  CHECK(draws == 1);
  CHECK_FALSE(all.check(Spending::reads, kHome, kStart + hours(24)));
  CHECK(draws == 2);
}

TEST_CASE("many threads spend no more than one budget") {
  RateLimits all = limits(Spending::reads, {100, hours(1)});
  std::atomic<int> in{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { in += spend(all, Spending::reads, kHome, 1000, kStart); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(in >= 100);
  CHECK(in <= 103);  // each of the others may have looked before the last one was charged
  CHECK(spend(all, Spending::reads, kHome, 1, kStart) == 0);
}

}  // namespace tigress::admission
