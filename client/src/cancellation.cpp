#include "tigress/cancellation.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace tigress::client {

struct Cancellation::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  std::vector<const std::function<void()>*> listeners;
};

Cancellation::Cancellation() : state_(std::make_shared<State>()) {}

void Cancellation::cancel() const {
  // The lock is held while they are called, so that no Listener ends before its call does.
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->cancelled, true)) return;
  for (const auto* then : state_->listeners) (*then)();
  state_->changed.notify_all();
}

bool Cancellation::cancelled() const {
  const std::lock_guard lock(state_->mutex);
  return state_->cancelled;
}

Failure Cancellation::failure() {
  return {FailureCode::cancelled, "this device broke it off"};
}

void Cancellation::sleep(std::chrono::milliseconds time) const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, time, [&] { return state_->cancelled; });
}

Cancellation::Listener::Listener(const Cancellation& cancellation, std::function<void()> then)
    : state_(cancellation.state_), then_(std::move(then)) {
  const std::lock_guard lock(state_->mutex);
  if (state_->cancelled) then_();
  state_->listeners.push_back(&then_);
}

Cancellation::Listener::~Listener() {
  const std::lock_guard lock(state_->mutex);
  auto& listeners = state_->listeners;
  listeners.erase(std::remove(listeners.begin(), listeners.end(), &then_), listeners.end());
}

}  // namespace tigress::client
