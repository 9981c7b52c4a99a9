#include "server/notify/push_queue.h"

#include <set>

#include "tests/catch.h"

namespace tigress::notify {
namespace {

using namespace std::chrono_literals;
using Kind = Delivery::Kind;
using End = PushQueue::End;
using Moment = PushQueue::Moment;

// Draws the smallest numbers there are: waits are as short as they may be.
void smallest(void* out, std::size_t size) {
  std::fill_n(static_cast<unsigned char*>(out), size, static_cast<unsigned char>(0));
}

struct Bench {
  explicit Bench(PushLimits limits = {}) : queue(limits, smallest) {}

  PushQueue::Job job(int number, const std::string& host = "push.example") const {
    PushQueue::Job job;
    job.registration.id = idOf(number);
    job.share = idOf(1000 + number);
    job.host = host;
    job.until = now + 24h;
    return job;
  }
  static Uuid idOf(int number) {
    std::string bytes(16, '\0');
    bytes[14] = static_cast<char>(number / 256);
    bytes[15] = static_cast<char>(number % 256);
    return *Uuid::fromBytes(bytes);
  }
  bool add(int number) { return queue.add(job(number), now); }
  std::size_t taken() { return queue.take(now).size(); }
  End finish(int number, Kind kind, std::optional<std::chrono::seconds> retryAfter = std::nullopt) {
    return queue.finished(idOf(number), {kind, retryAfter}, now);
  }

  Moment now = Moment(1h);
  PushQueue queue;
};

TEST_CASE("the first change is pushed at once") {
  Bench bench;
  CHECK_FALSE(bench.queue.next());
  CHECK(bench.add(1));
  CHECK(bench.queue.next() == bench.now);
  const auto jobs = bench.queue.take(bench.now);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].registration.id == Bench::idOf(1));
  CHECK(bench.taken() == 0);
  CHECK(bench.finish(1, Kind::delivered) == End::delivered);
  CHECK(bench.queue.size() == 0);
}

TEST_CASE("changes in a row are two pushes: one at once, and one after the gap for all the others") {
  Bench bench;
  bench.add(1);
  const std::string first = bench.queue.take(bench.now).at(0).id;
  for (int i = 0; i < 100; ++i) bench.add(1);  // on its way
  CHECK(bench.queue.size() == 2);
  bench.finish(1, Kind::delivered);
  for (int i = 0; i < 100; ++i) bench.add(1);  // resting
  CHECK(bench.queue.size() == 1);
  bench.now += 999ms;
  CHECK(bench.taken() == 0);
  bench.now += 1ms;
  const auto second = bench.queue.take(bench.now);
  REQUIRE(second.size() == 1);
  bench.finish(1, Kind::delivered);
  bench.now += 1h;
  CHECK(bench.taken() == 0);
  CHECK(bench.queue.size() == 0);
  CHECK_FALSE(bench.queue.next());
}

TEST_CASE("every push has an id of its own, and its repeats the same") {
  PushQueue queue({}, systemRandom);
  Bench bench;
  queue.add(bench.job(1), bench.now);
  const std::string first = queue.take(bench.now).at(0).id;
  queue.finished(Bench::idOf(1), {Kind::later}, bench.now);
  CHECK(queue.take(bench.now + 1min).at(0).id == first);
  queue.finished(Bench::idOf(1), {Kind::delivered}, bench.now + 1min);
  queue.add(bench.job(1), bench.now + 2min);
  CHECK(queue.take(bench.now + 2min).at(0).id != first);
}

TEST_CASE("what failed is tried again after waits that double up to a bound, and then given up") {
  PushLimits limits;
  limits.attempts = 6;
  limits.longestWait = 10s;
  Bench bench(limits);
  bench.add(1);
  // With the smallest number drawn a wait is half of the longest.
  for (const auto wait : {1000ms, 2000ms, 4000ms, 5000ms, 5000ms}) {
    REQUIRE(bench.taken() == 1);
    CHECK(bench.finish(1, Kind::later) == End::repeated);
    CHECK(bench.queue.next() == bench.now + wait);
    bench.now += wait;
  }
  REQUIRE(bench.taken() == 1);
  CHECK(bench.finish(1, Kind::later) == End::givenUp);
  CHECK_FALSE(bench.queue.next());
}

TEST_CASE("waits differ, between half and all of the longest") {
  std::set<Moment> seen;
  for (int i = 0; i < 50; ++i) {
    PushQueue queue({}, systemRandom);
    const Bench bench;
    queue.add(bench.job(1), bench.now);
    queue.take(bench.now);
    queue.finished(Bench::idOf(1), {Kind::later}, bench.now);
    CHECK(*queue.next() >= bench.now + 1s);
    CHECK(*queue.next() <= bench.now + 2s);
    seen.insert(*queue.next());
  }
  CHECK(seen.size() > 10);
}

TEST_CASE("Retry-After is waited for, and is no reason to come earlier") {
  Bench bench;
  bench.add(1);
  bench.taken();
  bench.finish(1, Kind::later, 90s);
  CHECK(bench.queue.next() == bench.now + 90s);
  bench.now += 90s;
  bench.taken();
  bench.finish(1, Kind::later, 1s);
  CHECK(bench.queue.next() == bench.now + 2s);  // half of the second wait
}

TEST_CASE("at the end no push waits for its gap, but for what failed or has no budget") {
  PushLimits limits;
  limits.perShare = 2;
  Bench bench(limits);
  for (const int number : {1, 2, 3, 4}) bench.add(number);
  CHECK(bench.taken() == 4);
  for (const int number : {1, 2, 4}) bench.finish(number, Kind::delivered);
  bench.finish(3, Kind::later, 90s);
  for (const int number : {1, 2, 4}) bench.add(number);  // resting
  bench.now += limits.gap;
  CHECK(bench.taken() == 3);
  bench.add(4);  // on its way
  bench.finish(1, Kind::delivered);
  bench.add(1);  // without budget
  bench.finish(2, Kind::delivered);
  bench.add(5);
  CHECK(bench.taken() == 1);
  bench.finish(5, Kind::delivered);
  bench.add(5);  // resting
  CHECK(bench.taken() == 0);
  bench.queue.hurry(bench.now);
  const auto jobs = bench.queue.take(bench.now);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].registration.id == Bench::idOf(5));
}

TEST_CASE("a dead token and a refusal end a push, and what was merged into it") {
  for (const auto& [kind, end] : {std::pair(Kind::gone, End::gone), std::pair(Kind::refused, End::givenUp)}) {
    Bench bench;
    bench.add(1);
    bench.taken();
    bench.add(1);
    CHECK(bench.finish(1, kind) == end);
    CHECK(bench.queue.size() == 0);
    CHECK_FALSE(bench.queue.next());
  }
}

TEST_CASE("a push of no use any more is not sent") {
  Bench bench;
  auto job = bench.job(1);
  job.until = bench.now + 1min;
  bench.queue.add(job, bench.now);
  bench.now += 1min;
  CHECK(bench.taken() == 0);
  CHECK(bench.queue.late() == 1);
  CHECK(bench.queue.size() == 0);

  job.until = bench.now + 1s;
  bench.queue.add(job, bench.now);
  bench.taken();
  CHECK(bench.finish(1, Kind::later) == End::givenUp);
}

TEST_CASE("no more wait than there is room for") {
  PushLimits limits;
  limits.queued = 2;
  Bench bench(limits);
  CHECK(bench.add(1));
  CHECK(bench.add(2));
  CHECK_FALSE(bench.add(3));
  CHECK(bench.add(2));
  bench.taken();
  CHECK(bench.add(3));
}

TEST_CASE("a share has a budget that comes back evenly; others are not held up") {
  PushLimits limits;
  limits.perShare = 3;
  limits.perShareWindow = 60s;
  limits.gap = 0ms;
  Bench bench(limits);
  for (int i = 0; i < 3; ++i) {
    bench.add(1);
    REQUIRE(bench.taken() == 1);
    bench.finish(1, Kind::delivered);
    bench.taken();  // its rest is over
  }
  bench.add(1);
  CHECK(bench.taken() == 0);
  CHECK(bench.queue.next() == bench.now + 20s);
  bench.add(2);
  CHECK(bench.taken() == 1);
  bench.now += 20s;
  CHECK(bench.taken() == 1);
  bench.finish(1, Kind::delivered);
  bench.add(1);
  CHECK(bench.taken() == 0);
}

TEST_CASE("a host that does not answer holds up its own pushes only") {
  PushLimits limits;
  limits.perHost = 2;
  Bench bench(limits);
  for (int i = 0; i < 5; ++i) bench.queue.add(bench.job(i, "dead.example"), bench.now);
  bench.queue.add(bench.job(9, "alive.example"), bench.now);
  const auto jobs = bench.queue.take(bench.now);
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[2].host == "alive.example");
  CHECK_FALSE(bench.queue.next());
  bench.queue.finished(jobs[0].registration.id, {Kind::later}, bench.now);
  CHECK(bench.taken() == 1);
  CHECK(bench.taken() == 0);
}

TEST_CASE("no more are on their way at once than are allowed") {
  PushLimits limits;
  limits.atOnce = 3;
  Bench bench(limits);
  for (int i = 0; i < 5; ++i) bench.add(i);
  CHECK(bench.taken() == 3);
  CHECK(bench.taken() == 0);
  CHECK_FALSE(bench.queue.next());
  bench.finish(0, Kind::delivered);
  CHECK(bench.taken() == 1);
}

}  // namespace
}  // namespace tigress::notify
