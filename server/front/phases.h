#pragma once

#include <array>
#include <cstddef>

#include "server/front/event_loop.h"

namespace tigress::front {

/// What a connection is waiting for; each but the last three has its time.
enum class Phase {
  silent,     ///< the first byte of its first request
  idle,       ///< the first byte of the next one
  head,       ///< the rest of the request line and the fields
  body,       ///< the rest of the body
  writing,    ///< the client, to take its answer
  lingering,  ///< the client's end, after the last answer
  busy,       ///< the handler
  closed,     ///< the handler's reply, to let go of a connection that is closed
  buried,     ///< the end of the turn, to be let go
};
inline constexpr std::size_t kPhases = 9;

class Phases;

/// Something that is in one phase at a time: a link of that phase's list.
class Phased {
 public:
  Phase phase() const { return phase_; }

 private:
  friend class Phases;
  Phased* previous_ = this;
  Phased* next_ = this;
  SteadyTime since_;
  Phase phase_ = Phase::silent;
};

/// All connections of a worker, by their phase. A phase has one time-out for all, so its list is in the
/// order of deadlines and nothing is set or cancelled per request but links.
class Phases {
 public:
  /// Moves it to the end of its (new) phase; its time begins now.
  void enter(Phased& phased, Phase phase, SteadyTime now) {
    leave(phased);
    Phased& list = lists_[static_cast<std::size_t>(phase)];
    phased.phase_ = phase;
    phased.since_ = now;
    phased.previous_ = list.previous_;
    phased.next_ = &list;
    list.previous_->next_ = &phased;
    list.previous_ = &phased;
  }

  void leave(Phased& phased) {
    phased.previous_->next_ = phased.next_;
    phased.next_->previous_ = phased.previous_;
    phased.previous_ = phased.next_ = &phased;
  }

  /// The one that is in that phase for the longest time, and since when; or nothing.
  Phased* oldest(Phase phase) {
    Phased& list = lists_[static_cast<std::size_t>(phase)];
    return list.next_ == &list ? nullptr : list.next_;
  }
  static SteadyTime since(const Phased& phased) { return phased.since_; }

 private:
  std::array<Phased, kPhases> lists_;
};

}  // namespace tigress::front
