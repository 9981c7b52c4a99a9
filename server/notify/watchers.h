#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tigress/uuid.h"

namespace tigress::notify {

/// Who waits for which share: the long polls of this process. Waiting costs no thread. Any thread may call.
class Watchers {
  struct Entry;

 public:
  using Moment = std::chrono::steady_clock::time_point;
  /// How a wait ended: the share changed, or the time was up or all watches end. Must not throw or block.
  using Resume = std::function<void(bool changed)>;

  /// One watch, in the hands of one thread at a time. What changes after it was taken is not missed, so
  /// take it before reading the share.
  class Ticket {
   public:
    Ticket(Watchers& watchers, const Uuid& id);
    /// Ends a wait without resuming it, unless another thread is already at it.
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// Calls `resume` once: when the share changes, at the deadline, or at stop(), on any thread, maybe
    /// before this returns. One wait at a time; each change ends only one.
    void wait(Moment deadline, Resume resume);
    /// Ends the wait as its deadline would, if there is one.
    void endWait();

   private:
    friend class Watchers;
    Watchers& watchers_;
    Uuid id_;
    std::shared_ptr<Entry> entry_;
    std::uint64_t seen_;
    Resume resume_;  // of the wait, if there is one
    std::multimap<Moment, Ticket*>::iterator deadline_;
  };

  Watchers();
  /// All tickets are gone by then.
  ~Watchers();
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  /// Resumes whoever waits for that share. Called after the change is committed.
  void changed(const Uuid& id);
  /// Ends all waits, now and from now on: the relay is going down.
  void stop();
  /// How many wait.
  std::size_t waiting();

 private:
  struct Entry {
    std::uint64_t changes = 0;
    std::vector<Ticket*> tickets;
  };

  Resume take(Ticket& ticket);
  void watchDeadlines();

  std::mutex mutex_;
  std::unordered_map<Uuid, std::shared_ptr<Entry>, UuidHash> entries_;
  std::multimap<Moment, Ticket*> deadlines_;  // of those who wait
  bool stopped_ = false;
  std::condition_variable wake_;
  std::thread timer_;
};

}  // namespace tigress::notify
