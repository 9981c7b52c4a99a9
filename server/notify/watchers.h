#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "common/uuid.h"
#include "server/share/share.h"

namespace tigress::notify {

/// Who waits for which share: the long polls of this process. Any thread may call.
class Watchers {
  struct Entry;

 public:
  /// One watch. What changes after it was taken is not missed, so take it before reading the share.
  class Ticket {
   public:
    Ticket(Watchers& watchers, const Uuid& id);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// Blocks until the share changes (true), or the time is up or all watches end (false).
    bool wait(std::chrono::milliseconds longest);

   private:
    Watchers& watchers_;
    Uuid id_;
    std::shared_ptr<Entry> entry_;
    std::uint64_t seen_;
  };

  /// Wakes whoever waits for that share. Called after the change is committed.
  void changed(const Uuid& id);
  /// Ends all waits, now and from now on: the relay is going down.
  void stop();

 private:
  struct Entry {
    std::uint64_t changes = 0;
    std::size_t tickets = 0;
    std::condition_variable wake;
  };

  std::mutex mutex_;
  std::unordered_map<Uuid, std::shared_ptr<Entry>, UuidHash> entries_;
  bool stopped_ = false;
};

}  // namespace tigress::notify
