#include "client/src/patience.h"

#include <algorithm>
#include <cstdint>

namespace tigress::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A poll the relay may answer late, well within what proxies let an idle connection live.
constexpr seconds kLongestPoll{30};
constexpr seconds kShortestPause{1};
constexpr seconds kLongestPause{30};
// An answer that came sooner than this was not waited for.
constexpr seconds kHeldAnswer{1};
// Two to four minutes without a relay: it may be restarted, or the device may change its network.
constexpr int kMostFailuresInARow = 10;

// From the upper half of the pause.
milliseconds withJitter(milliseconds pause, const RandomSource& random) {
  std::uint32_t drawn = 0;
  random(&drawn, sizeof drawn);
  const auto half = static_cast<std::uint64_t>(pause.count() / 2);
  return pause - milliseconds(static_cast<milliseconds::rep>(drawn % (half + 1)));
}

}  // namespace

Patience::Patience(const Environment& environment, seconds patience)
    : environment_(environment),
      deadline_(environment.now() + patience),
      asked_(environment.now()),
      pause_(kShortestPause) {}

milliseconds Patience::left() const {
  return std::max(milliseconds(0), deadline_ - environment_.now());
}

seconds Patience::ask() {
  asked_ = environment_.now();
  return std::min(duration_cast<seconds>(left()), kLongestPoll);
}

void Patience::heardNothing() {
  failures_ = 0;
  if (environment_.now() - asked_ >= kHeldAnswer) {
    pause_ = kShortestPause;
  } else {
    backOff();
  }
}

bool Patience::bears(const Failure& failure) {
  if (!passes(failure.code) || ++failures_ > kMostFailuresInARow || isOver()) return false;
  if (failure.retryAfter && *failure.retryAfter >= left()) return false;
  if (failure.retryAfter) {
    sleep(*failure.retryAfter, failure.code);
  } else {
    backOff(failure.code);
  }
  return true;
}

void Patience::sleep(milliseconds time, std::optional<FailureCode> failed) const {
  time = std::min(time, left());
  if (failed) environment_.tell({Progress::Step::retrying, time, failed});
  environment_.pause(time);
}

// Sleeps, about twice as long each time.
void Patience::backOff(std::optional<FailureCode> failed) {
  sleep(withJitter(pause_, environment_.random), failed);
  pause_ = std::min<milliseconds>(pause_ * 2, kLongestPause);
}

}  // namespace tigress::client
