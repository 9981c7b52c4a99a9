#pragma once

#include <csignal>
#include <ctime>

namespace tigress::client {

/// While it lives, a write to a closed connection is an error of that write and
/// not the end of the process: this thread does not get SIGPIPE. For a library
/// that must leave the process's signals as they are; OpenSSL writes without
/// MSG_NOSIGNAL.
class BrokenPipe {
 public:
  BrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    // One that waits already is somebody else's.
    wasPending_ = sigismember(&pending, SIGPIPE) == 1;
    if (!wasPending_) pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  BrokenPipe(const BrokenPipe&) = delete;
  BrokenPipe& operator=(const BrokenPipe&) = delete;
  ~BrokenPipe() {
    if (wasPending_) return;
    const timespec atOnce{};
    while (sigtimedwait(&pipe_, nullptr, &atOnce) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool wasPending_ = false;
};

}  // namespace tigress::client
