#include "server/background.h"

#include <utility>

namespace tigress::relay {

Background::Background() : thread_([this] { work(); }) {}

Background::~Background() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Background::run(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    waiting_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void Background::work() {
  std::unique_lock<std::mutex> guard(mutex_);
  for (;;) {
    wake_.wait(guard, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> next = std::move(waiting_.front());
    waiting_.pop_front();
    guard.unlock();
    next();
    next = nullptr;  // what it holds ends outside the lock
    guard.lock();
  }
}

}  // namespace tigress::relay
