#include "server/notify/watchers.h"

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "tests/catch.h"

namespace tigress::notify {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

const Uuid kOne = *Uuid::parse("2bba630e-519b-41ec-bf63-0242ac130001");
const Uuid kOther = *Uuid::parse("2bba630e-519b-41ec-bf63-0242ac130002");

// One wait, and how it ended.
struct Wait {
  explicit Wait(Watchers::Ticket& ticket, steady_clock::duration longest = hours(1)) {
    ticket.wait(steady_clock::now() + longest, [this](bool changed) {
      ++calls;
      ended.set_value(changed);
    });
  }
  bool changed() { return ended.get_future().get(); }

  std::atomic<int> calls{0};
  std::promise<bool> ended;
};

}  // namespace

TEST_CASE("a change after the ticket was taken is not missed") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  watchers.changed(kOne);
  CHECK(Wait(ticket).changed());
}

TEST_CASE("a change ends one wait of each ticket") {
  Watchers watchers;
  Watchers::Ticket first(watchers, kOne);
  Watchers::Ticket second(watchers, kOne);
  Wait parked(first);
  CHECK(parked.calls == 0);
  watchers.changed(kOne);
  watchers.changed(kOne);
  CHECK(parked.changed());
  CHECK(parked.calls == 1);
  CHECK(Wait(first).changed());  // the second change came after the wait
  CHECK_FALSE(Wait(first, milliseconds(1)).changed());
  CHECK(Wait(second).changed());
  CHECK_FALSE(Wait(second, milliseconds(1)).changed());
}

TEST_CASE("a change before the ticket was taken is none of its business") {
  Watchers watchers;
  std::optional<Watchers::Ticket> earlier;
  earlier.emplace(watchers, kOne);
  watchers.changed(kOne);
  Watchers::Ticket ticket(watchers, kOne);
  CHECK_FALSE(Wait(ticket, milliseconds(1)).changed());
  earlier.reset();
  watchers.changed(kOne);
  CHECK(Wait(ticket).changed());
}

TEST_CASE("another share's change wakes nobody") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  watchers.changed(kOther);
  CHECK_FALSE(Wait(ticket, milliseconds(1)).changed());
}

TEST_CASE("a change wakes all who are waiting for that share, and nobody else") {
  Watchers watchers;
  std::vector<std::unique_ptr<Watchers::Ticket>> tickets;
  std::vector<std::unique_ptr<Wait>> waits;
  for (int i = 0; i < 8; ++i) {
    tickets.push_back(std::make_unique<Watchers::Ticket>(watchers, kOne));
    waits.push_back(std::make_unique<Wait>(*tickets.back()));
  }
  Watchers::Ticket other(watchers, kOther);
  Wait otherWait(other);
  watchers.changed(kOne);
  for (const auto& wait : waits) CHECK(wait->changed());
  CHECK(otherWait.calls == 0);
  watchers.changed(kOther);
  CHECK(otherWait.changed());
}

TEST_CASE("waits end in the order of their deadlines, not of their beginning") {
  Watchers watchers;
  Watchers::Ticket late(watchers, kOne);
  Watchers::Ticket soon(watchers, kOne);
  Wait lateWait(late);
  Wait soonWait(soon, milliseconds(1));
  CHECK_FALSE(soonWait.changed());
  CHECK(lateWait.calls == 0);
  watchers.changed(kOne);
  CHECK(lateWait.changed());
}

TEST_CASE("stop ends every wait, those to come too, and no change is made of it") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  Wait parked(ticket);
  watchers.stop();
  CHECK_FALSE(parked.changed());
  Watchers::Ticket later(watchers, kOther);
  CHECK_FALSE(Wait(later).changed());
}

TEST_CASE("a wait can be ended, once, and another one begun") {
  Watchers watchers;
  Watchers::Ticket ticket(watchers, kOne);
  Wait parked(ticket);
  ticket.endWait();
  ticket.endWait();
  CHECK_FALSE(parked.changed());
  CHECK(parked.calls == 1);
  Wait next(ticket);
  watchers.changed(kOne);
  CHECK(next.changed());
}

TEST_CASE("a ticket that is given up is not resumed, and what its wait held is let go") {
  Watchers watchers;
  std::optional<Watchers::Ticket> ticket;
  ticket.emplace(watchers, kOne);
  const auto held = std::make_shared<int>(0);
  ticket->wait(steady_clock::now() + hours(1), [held](bool) { ++*held; });
  CHECK(held.use_count() == 2);
  ticket.reset();
  CHECK(held.use_count() == 1);
  watchers.changed(kOne);
  watchers.stop();
  CHECK(*held == 0);
}

TEST_CASE("tickets come and go in many threads") {
  Watchers watchers;
  std::atomic<int> running{4};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        Watchers::Ticket ticket(watchers, (i + k) % 2 ? kOne : kOther);
        Wait(ticket).changed();
        ticket.wait(steady_clock::now() + hours(1), [held = std::make_shared<int>(0)](bool) {});  // given up
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
