#pragma once

#include <chrono>
#include <optional>

#include "tigress/environment.h"

namespace tigress::client {

/// How long and how often a device asks again: the one place of the library that waits. A relay holds its
/// answer until there is something new (a long poll) and is asked again at once. Any other server answers
/// right away that nothing has changed, and is asked less and less often. So is one that fails or cannot be
/// reached. What is slept is drawn from the upper half of the pause, so that those who lost the same relay
/// do not all come back to it at the same moment. The environment must outlive it.
class Patience {
 public:
  Patience(const Environment& environment, std::chrono::seconds patience);

  bool isOver() const { return left().count() == 0; }

  /// A question is about to be asked: for how long the server may hold its answer.
  std::chrono::seconds ask();
  /// The answer to it brought nothing new. Sleeps if the server did not hold it.
  void heardNothing();
  /// Whether it is worth asking again after that failure; if so, it has slept.
  bool bears(const Failure& failure);

 private:
  std::chrono::milliseconds left() const;
  void sleep(std::chrono::milliseconds time, std::optional<FailureCode> failed) const;
  void backOff(std::optional<FailureCode> failed = std::nullopt);

  const Environment& environment_;
  TimePoint deadline_;
  TimePoint asked_;
  std::chrono::milliseconds pause_;
  int failures_ = 0;
};

}  // namespace tigress::client
