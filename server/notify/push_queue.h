#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/notify/transport.h"
#include "tigress/random.h"
#include "tigress/uuid.h"

namespace tigress::notify {

/// All settings.
struct PushLimits {
  std::size_t queued = 10000;           ///< pushes that wait
  std::uint32_t attempts = 8;           ///< of one push
  std::chrono::milliseconds gap{1000};  ///< between two pushes of one registration
  std::uint32_t perShare = 120;         ///< pushes of one share in that window, repeats included
  std::chrono::seconds perShareWindow{3600};
  std::size_t perHost = 16;  ///< at once
  std::size_t atOnce = 64;
  std::chrono::milliseconds firstWait{2000};  ///< before the second attempt; doubled for each one
  std::chrono::milliseconds longestWait{300000};
};

/// Which push goes when. It sends nothing and knows no clock but the moments it is given.
///
/// The first change of a share goes at once. Changes that come while its push waits, is on its way, or was
/// sent less than `gap` ago are one more push, or none: a push says "changed", however often that was. What
/// went wrong is tried again after a wait that doubles, with jitter, or as long as the other side asked for.
class PushQueue {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  struct Job {
    Uuid share;
    share::PushRegistration registration;
    std::string host;
    std::string id;  ///< drawn for each push, the same for its repeats
    Moment until;    ///< not tried later
  };

  PushQueue(const PushLimits& limits, RandomSource random) : limits_(limits), random_(std::move(random)) {}

  /// That the share changed. `job.id` is drawn here. False if there is no room.
  bool add(Job job, Moment now);

  /// What is to be sent now. Each counts as on its way until finished().
  std::vector<Job> take(Moment now);

  /// The end is near: from now on no push waits for its gap. One that failed, or whose share has no budget
  /// left, waits as before.
  void hurry(Moment now);

  enum class End { delivered, gone, repeated, givenUp };
  /// How the push of that registration ended.
  End finished(const Uuid& registration, const Delivery& delivery, Moment now);

  /// When take() gives something next, if nothing else happens.
  std::optional<Moment> next() const;
  /// Whether nothing is on its way and nothing could be sent now.
  bool isIdle(Moment now) const { return onTheirWay_ == 0 && (due_.empty() || now < due_.begin()->first); }
  /// Pushes that wait or are on their way.
  std::size_t size() const { return wanted_ + onTheirWay_; }
  /// How many take() threw away because their time was up.
  std::size_t late() const { return late_; }

 private:
  enum class State { waiting, blocked, onItsWay };
  struct Entry {
    Job job;
    State state = State::waiting;
    bool wanted = true;  // there is a push to send, or one more
    std::uint32_t attempts = 0;
    Moment due;
    Moment sent;
  };
  struct Host {
    std::size_t onTheirWay = 0;
    std::deque<Uuid> blocked;
  };
  using Entries = std::unordered_map<Uuid, Entry, UuidHash>;

  void schedule(Entry& entry, Moment due);
  void want(Entry& entry, bool wanted);
  void erase(Entries::iterator entry);
  std::optional<Moment> allowedAt(const Uuid& share, Moment now);
  std::chrono::milliseconds waitBefore(std::uint32_t attempt);
  std::string drawId();

  PushLimits limits_;
  RandomSource random_;
  Entries entries_;
  std::multimap<Moment, Uuid> due_;  // who came first goes first
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_map<Uuid, Moment, UuidHash> shares_;  // when each has its whole budget again
  std::size_t onTheirWay_ = 0;
  std::size_t wanted_ = 0;
  std::size_t late_ = 0;
};

}  // namespace tigress::notify
