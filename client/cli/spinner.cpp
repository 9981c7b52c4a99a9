#include "client/cli/spinner.h"

#include <algorithm>
#include <cstdio>

namespace tigress::cli {
namespace {

constexpr std::chrono::milliseconds kFrameTime{125};
constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

std::string twoDigits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Spinner::Spinner(std::string text, std::optional<TimePoint> until)
    : text_(std::move(text)), until_(until), thread_([this] { run(); }) {}

Spinner::~Spinner() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  thread_.join();
  write("\r\x1b[K");
}

void Spinner::run() {
  std::unique_lock<std::mutex> guard(mutex_);
  for (std::size_t frame = 0; !stopped_; frame = (frame + 1) % std::size(kFrames)) {
    std::string line = "\r" + std::string(kFrames[frame]) + " " + text_;
    if (until_) line += ", for " + formatCountdown(*until_ - systemNow()) + " more";
    write(line + "\x1b[K");
    wake_.wait_for(guard, kFrameTime, [this] { return stopped_; });
  }
}

std::string formatCountdown(std::chrono::milliseconds left) {
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count());
  const std::int64_t hours = seconds / 3600;
  std::string text = twoDigits(seconds / 60 % 60) + ":" + twoDigits(seconds % 60);
  if (hours > 0) text.insert(0, twoDigits(hours % 24) + ":");
  if (hours >= 24) text.insert(0, std::to_string(hours / 24) + " d ");
  return text;
}

}  // namespace tigress::cli
