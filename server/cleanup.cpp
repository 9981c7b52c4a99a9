#include "server/cleanup.h"

#include <exception>
#include <string>

#include "server/metrics/registry.h"
#include "server/relay.h"

namespace tigress::relay {

Cleanup::Cleanup(Relay& relay, CleanupPace pace, metrics::Registry& registry, const Log& log)
    : relay_(relay), pace_(pace), registry_(registry), log_(log), thread_([this] { run(); }) {}

Cleanup::~Cleanup() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Cleanup::run() {
  do {
    try {
      clean();
    } catch (const std::exception& error) {
      registry_.count(metrics::Counter::storeFailures);
      log_.error(std::string("cleanup: ") + error.what());
    }
  } while (rest());
}

void Cleanup::clean() {
  std::size_t total = 0;
  for (;;) {
    const std::size_t removed = relay_.removeExpired(pace_.batch);
    total += removed;
    if (removed < pace_.batch || isStopping()) break;
  }
  relay_.overwriteErased();
  if (total > 0) log_.debug("removed " + std::to_string(total) + " expired shares");
}

// False if it is time to end.
bool Cleanup::rest() {
  std::unique_lock<std::mutex> guard(mutex_);
  return !wake_.wait_for(guard, pace_.interval, [this] { return stopping_; });
}

bool Cleanup::isStopping() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return stopping_;
}

}  // namespace tigress::relay
