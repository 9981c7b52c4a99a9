#include "server/notify/watchers.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "tests/catch.h"

namespace tigress::notify {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

const Uuid kOne = *Uuid::parse("2bba630e-519b-41ec-bf63-0242ac130001");
const Uuid kOther = *Uuid::parse("2bba630e-519b-41ec-bf63-0242ac130002");

}  // namespace

TEST_CASE("a change after the ticket was taken is not missed") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  watchers.changed(kOne);
  CHECK(ticket.wait(hours(1)));
}

TEST_CASE("a change is told once to each ticket") {
  Watchers watchers;
  Watchers::Ticket first(watchers, kOne);
  Watchers::Ticket second(watchers, kOne);
  watchers.changed(kOne);
  watchers.changed(kOne);
  CHECK(first.wait(hours(1)));
  CHECK_FALSE(first.wait(milliseconds(1)));
  CHECK(second.wait(hours(1)));
}

TEST_CASE("a change before the ticket was taken is none of its business") {
  Watchers watchers;
  std::optional<Watchers::Ticket> earlier;
  earlier.emplace(watchers, kOne);
  watchers.changed(kOne);
  Watchers::Ticket ticket(watchers, kOne);
  CHECK_FALSE(ticket.wait(milliseconds(1)));
  earlier.reset();
  watchers.changed(kOne);
  CHECK(ticket.wait(hours(1)));
}

TEST_CASE("another share's change wakes nobody") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  watchers.changed(kOther);
  CHECK_FALSE(ticket.wait(milliseconds(1)));
}

TEST_CASE("a change wakes all who are waiting") {
  Watchers watchers;
  std::vector<std::unique_ptr<Watchers::Ticket>> tickets;
  for (int i = 0; i < 8; ++i) tickets.push_back(std::make_unique<Watchers::Ticket>(watchers, kOne));
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (const auto& ticket : tickets) {
    threads.emplace_back([&, waiting = ticket.get()] {
      if (waiting->wait(hours(1))) ++woken;
    });
  }
  watchers.changed(kOne);
  for (std::thread& thread : threads) thread.join();
  CHECK(woken == 8);
}

TEST_CASE("stop ends every wait, those to come too, and no change is made of it") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  std::atomic<bool> changed{true};
  std::thread waiting([&] { changed = ticket.wait(hours(1)); });
  watchers.stop();
  waiting.join();
  CHECK_FALSE(changed);
  Watchers::Ticket later(watchers, kOther);
  CHECK_FALSE(later.wait(hours(1)));
}

TEST_CASE("tickets come and go in many threads") {
  Watchers watchers;
  std::atomic<int> running{4};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        Watchers::Ticket ticket(watchers, (i + k) % 2 ? kOne : kOther);
        ticket.wait(hours(1));
      }
      --running;
    });
  }
  while (running > 0) {
    watchers.changed(kOne);
    watchers.changed(kOther);
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(running == 0);
}

}  // namespace tigress::notify
