#include "client/cli/interruption.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>

namespace tigress::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

// What the handler says, ready to be written: it may do little else.
std::string& farewellText() {
  static std::string text;
  return text;
}

// Where the handler writes the signal to instead, if somebody waits for it.
std::atomic<int> listener{-1};

// The terminal that does not show what is typed, and its modes before; the handler gives them back.
std::atomic<int> silenced{-1};
termios modesBefore{};

void showTypingAgain() {
  if (const int terminal = silenced.exchange(-1); terminal >= 0) {
    tcsetattr(terminal, TCSAFLUSH, &modesBefore);
  }
}

std::string farewellLine(const std::string& farewell) {
  return (isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "") +
         (farewell.empty() ? std::string() : "tigress: " + farewell + "\n");
}

void sayAndEnd(const std::string& text, int signal) {
  showTypingAgain();
  (void)!write(STDERR_FILENO, text.data(), text.size());
  std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

extern "C" void endProgram(int signal) {
  if (const int pipe = listener.exchange(-1); pipe >= 0) {
    const auto number = static_cast<unsigned char>(signal);
    (void)!write(pipe, &number, 1);
  } else {
    sayAndEnd(farewellText(), signal);
  }
}

sigset_t signalSet() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kSignals) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

void sayAtInterruption(const std::string& farewell) {
  farewellText() = farewellLine(farewell);
  for (const int signal : kSignals) {
    if (std::signal(signal, endProgram) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

AtInterruption::AtInterruption(std::function<std::string()> act) : act_(std::move(act)) {
  if (pipe(pipe_) != 0) throw std::runtime_error("no pipe is to be had");
  listener = pipe_[1];
  thread_ = std::thread([this] { run(); });
  // From here on the signals are that thread's, so that nothing of this one is cut off.
  const sigset_t signals = signalSet();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

AtInterruption::~AtInterruption() {
  // Who cannot take the pipe back waits: the thread has been told to end the program.
  if (listener.exchange(-1) >= 0) close(pipe_[1]);
  thread_.join();
  close(pipe_[0]);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

EchoOff::EchoOff(int terminal) {
  if (tcgetattr(terminal, &modesBefore) != 0) return;
  silenced = terminal;
  termios silent = modesBefore;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(terminal, TCSAFLUSH, &silent);
}

EchoOff::~EchoOff() {
  showTypingAgain();
}

void AtInterruption::run() const {
  unsigned char signal = 0;
  ssize_t count = 0;
  do {
    count = read(pipe_[0], &signal, 1);
  } while (count < 0 && errno == EINTR);
  if (count == 1) sayAndEnd(farewellLine(act_()), signal);
}

}  // namespace tigress::cli
