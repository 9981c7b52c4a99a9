#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace tigress::cli {

/// From now on SIGINT, SIGTERM and SIGHUP end the program as they always do, but first take away what stands
/// on the terminal's line and say `farewell` (nothing if it is empty). What is kept by --state needs no more
/// than that: it is on disk before each request and after each answer. Signals that the caller ignores stay
/// ignored. To be called once, before other threads are started.
void sayAtInterruption(const std::string& farewell);

/// While it lives, such a signal first makes a thread of its own carry `act` out, and says what that gives as
/// the farewell. The thread that made it hears of no signal meanwhile and must be the one that ends it; if it
/// does so while `act` runs, it waits there for the end of the program. A second signal ends the program at
/// once. Only one may live at a time.
class AtInterruption {
 public:
  explicit AtInterruption(std::function<std::string()> act);
  ~AtInterruption();
  AtInterruption(const AtInterruption&) = delete;
  AtInterruption& operator=(const AtInterruption&) = delete;

 private:
  void run() const;

  std::function<std::string()> act_;
  int pipe_[2] = {-1, -1};
  sigset_t before_{};
  std::thread thread_;
};

/// While it lives, a terminal does not show what is typed. An interruption gives it its modes back before the
/// program ends. Only one may live at a time.
class EchoOff {
 public:
  explicit EchoOff(int terminal);
  ~EchoOff();
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
};

}  // namespace tigress::cli
