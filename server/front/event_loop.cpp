#include "server/front/event_loop.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace tigress::front {
namespace {

constexpr int kEventsPerTurn = 128;
constexpr int kRoundsPerTurn = 8;  // of posted work that makes more of it

thread_local const EventLoop* runningHere = nullptr;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

void control(int epoll, int operation, int descriptor, std::uint32_t events, EventLoop::Source* source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = source;
  checked(epoll_ctl(epoll, operation, descriptor, &event), "cannot watch a descriptor");
}

// Rounded up, so that the loop does not wake a moment too early and spin.
int millisecondsUntil(SteadyTime time, SteadyTime now) {
  if (time <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

}  // namespace

EventLoop::EventLoop(std::function<void(const std::exception&)> onFailure)
    : onFailure_(std::move(onFailure)),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "cannot make an event loop")) {
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) {
    ::close(epoll_);
    checked(wake_, "cannot make an event loop");
  }
  control(epoll_, EPOLL_CTL_ADD, wake_, EPOLLIN | EPOLLET, nullptr);
}

EventLoop::~EventLoop() {
  ::close(wake_);
  ::close(epoll_);
}

void EventLoop::add(int descriptor, std::uint32_t events, Source& source) {
  control(epoll_, EPOLL_CTL_ADD, descriptor, events, &source);
}

void EventLoop::change(int descriptor, std::uint32_t events, Source& source) {
  control(epoll_, EPOLL_CTL_MOD, descriptor, events, &source);
}

void EventLoop::remove(int descriptor) {
  control(epoll_, EPOLL_CTL_DEL, descriptor, 0, nullptr);
}

bool EventLoop::isThisThread() const {
  return runningHere == this;
}

void EventLoop::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    posted_.push_back(std::move(work));
    first = posted_.size() == 1 && !firstCalled_;
  }
  if (first && !isThisThread()) wake();
}

void EventLoop::call(Source& source) noexcept {
  bool first = false;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (std::exchange(source.isCalled_, true)) return;
    first = posted_.empty() && !firstCalled_;
    (firstCalled_ ? lastCalled_->nextCalled_ : firstCalled_) = &source;
    lastCalled_ = &source;
  }
  if (first && !isThisThread()) wake();
}

void EventLoop::wake() noexcept {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the loop has long been woken.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

// One connection's failure is not the end of the others of its loop.
template <class Act>
void EventLoop::guard(const Act& act) {
  try {
    act();
  } catch (const std::exception& error) {
    onFailure_(error);
  }
}

// What came until now. False if nothing did.
bool EventLoop::doPosted() {
  std::vector<std::function<void()>> works;
  Source* last = nullptr;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    works.swap(posted_);
    if (firstCalled_) last = lastCalled_;
  }
  for (const auto& work : works) guard(work);
  for (Source* source = nullptr; source != last;) {
    source = takeCalled();
    guard([source] { source->called(); });
  }
  return last || !works.empty();
}

bool EventLoop::hasPosted() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return !posted_.empty() || firstCalled_;
}

// One that was called, which may be called again from now on.
EventLoop::Source* EventLoop::takeCalled() {
  const std::lock_guard<std::mutex> guard(mutex_);
  Source* const source = firstCalled_;
  firstCalled_ = std::exchange(source->nextCalled_, nullptr);
  source->isCalled_ = false;
  return source;
}

void EventLoop::run(const std::function<const SteadyTime*()>& endTurn) {
  runningHere = this;
  std::array<epoll_event, kEventsPerTurn> events;
  for (int ready = 0;;) {
    now_ = std::chrono::steady_clock::now();
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr) guard([&] { static_cast<Source*>(event.data.ptr)->ready(event.events); });
    }
    for (int round = 0; round < kRoundsPerTurn && doPosted(); ++round) {
    }
    const SteadyTime* wakeAt = endTurn();
    if (!wakeAt) break;
    // Whoever shares the processor, most likely a client on this machine or the store, goes first: then more
    // is ready at once (docs/performance.md).
    if (ready > 0) ::sched_yield();
    const int wait = hasPosted() ? 0 : millisecondsUntil(*wakeAt, now_);
    ready = epoll_wait(epoll_, events.data(), kEventsPerTurn, wait);
    if (ready < 0 && errno != EINTR) checked(ready, "cannot wait for events");
  }
  runningHere = nullptr;
}

}  // namespace tigress::front
