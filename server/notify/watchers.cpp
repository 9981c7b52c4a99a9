#include "server/notify/watchers.h"

#include <algorithm>
#include <utility>

namespace tigress::notify {

Watchers::Ticket::Ticket(Watchers& watchers, const Uuid& id) : watchers_(watchers), id_(id) {
  const std::lock_guard<std::mutex> guard(watchers_.mutex_);
  auto& entry = watchers_.entries_[id];
  if (!entry) entry = std::make_shared<Entry>();
  entry->tickets.push_back(this);
  entry_ = entry;
  seen_ = entry->changes;
}

Watchers::Ticket::~Ticket() {
  Resume dropped;  // what it holds may end outside the lock only
  const std::lock_guard<std::mutex> guard(watchers_.mutex_);
  if (resume_) dropped = watchers_.take(*this);
  auto& tickets = entry_->tickets;
  *std::find(tickets.begin(), tickets.end(), this) = tickets.back();
  tickets.pop_back();
  if (tickets.empty()) watchers_.entries_.erase(id_);
}

void Watchers::Ticket::wait(Moment deadline, Resume resume) {
  bool changed = false;
  {
    const std::lock_guard<std::mutex> guard(watchers_.mutex_);
    changed = entry_->changes != seen_;
    seen_ = entry_->changes;
    if (!changed && !watchers_.stopped_) {
      deadline_ = watchers_.deadlines_.emplace(deadline, this);  // may throw: then nobody waits
      resume_ = std::move(resume);
      if (deadline_ == watchers_.deadlines_.begin()) watchers_.wake_.notify_one();
      return;
    }
  }
  resume(changed);
}

void Watchers::Ticket::endWait() {
  Resume resume;
  {
    const std::lock_guard<std::mutex> guard(watchers_.mutex_);
    if (!resume_) return;
    resume = watchers_.take(*this);
  }
  resume(false);
}

Watchers::Watchers() : timer_([this] { watchDeadlines(); }) {}

Watchers::~Watchers() {
  stop();
  timer_.join();
}

// The end of a ticket's wait, under the lock; what is to be called outside of it.
Watchers::Resume Watchers::take(Ticket& ticket) {
  deadlines_.erase(ticket.deadline_);
  return std::exchange(ticket.resume_, nullptr);
}

void Watchers::changed(const Uuid& id) {
  std::vector<Resume> woken;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    Entry& entry = *found->second;
    woken.reserve(entry.tickets.size());
    ++entry.changes;
    for (Ticket* ticket : entry.tickets) {
      if (!ticket->resume_) continue;
      ticket->seen_ = entry.changes;
      woken.push_back(take(*ticket));
    }
  }
  for (const Resume& resume : woken) resume(true);
}

void Watchers::stop() {
  std::vector<Resume> ended;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopped_ = true;
    ended.reserve(deadlines_.size());
    while (!deadlines_.empty()) ended.push_back(take(*deadlines_.begin()->second));
    wake_.notify_one();
  }
  for (const Resume& resume : ended) resume(false);
}

void Watchers::watchDeadlines() {
  std::unique_lock<std::mutex> guard(mutex_);
  while (!stopped_) {
    if (deadlines_.empty()) {
      wake_.wait(guard);
      continue;
    }
    const Moment first = deadlines_.begin()->first;
    if (std::chrono::steady_clock::now() < first) {
      wake_.wait_until(guard, first);
      continue;
    }
    Resume resume = take(*deadlines_.begin()->second);
    guard.unlock();
    resume(false);
    resume = nullptr;  // what it holds may end outside the lock only
    guard.lock();
  }
}

std::size_t Watchers::waiting() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return deadlines_.size();
}

}  // namespace tigress::notify
