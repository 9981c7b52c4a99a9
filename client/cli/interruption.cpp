#include "client/cli/interruption.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace tigress::cli {
namespace {

// What the handler says, ready to be written: it may do little else.
std::string& farewellText() {
  static std::string text;
  return text;
}

extern "C" void endProgram(int signal) {
  const std::string& text = farewellText();
  (void)!write(STDERR_FILENO, text.data(), text.size());
  std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

}  // namespace

void sayAtInterruption(const std::string& farewell) {
  farewellText() = isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "";
  if (!farewell.empty()) farewellText() += "tigress: " + farewell + "\n";
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, endProgram) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

}  // namespace tigress::cli
