#include "server/notify/watchers.h"

namespace tigress::notify {

Watchers::Ticket::Ticket(Watchers& watchers, const Uuid& id) : watchers_(watchers), id_(id) {
  const std::lock_guard<std::mutex> guard(watchers_.mutex_);
  auto& entry = watchers_.entries_[id];
  if (!entry) entry = std::make_shared<Entry>();
  ++entry->tickets;
  entry_ = entry;
  seen_ = entry->changes;
}

Watchers::Ticket::~Ticket() {
  const std::lock_guard<std::mutex> guard(watchers_.mutex_);
  if (--entry_->tickets == 0) watchers_.entries_.erase(id_);
}

bool Watchers::Ticket::wait(std::chrono::milliseconds longest) {
  std::unique_lock<std::mutex> guard(watchers_.mutex_);
  entry_->wake.wait_for(guard, longest, [this] { return watchers_.stopped_ || entry_->changes != seen_; });
  const bool changed = entry_->changes != seen_;
  seen_ = entry_->changes;
  return changed;
}

void Watchers::changed(const Uuid& id) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  ++found->second->changes;
  found->second->wake.notify_all();
}

void Watchers::stop() {
  const std::lock_guard<std::mutex> guard(mutex_);
  stopped_ = true;
  for (auto& [id, entry] : entries_) entry->wake.notify_all();
}

}  // namespace tigress::notify
