#include "client/cli/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "client/cli/interruption.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool isDumb() {
  const char* terminal = std::getenv("TERM");
  return !terminal || std::string_view(terminal) == "dumb";
}

bool wantsColors() {
  const char* noColor = std::getenv("NO_COLOR");  // no-color.org: present and not empty
  return !(noColor && *noColor) && !isDumb();
}

// The length of a character that a terminal would obey rather than show, 0 for any other.
std::size_t commandLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;  // C1 controls
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 2;                     // U+061C
  if (byte(0) == 0xE2 && byte(1) == 0x80) {                             // U+200E, U+200F, U+2028 to U+202E
    if (byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE)) return 3;
  }
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 3;  // U+2066 to U+2069
  return 0;
}

std::string eventLine(std::string_view name, Json::Object members) {
  Json::Object line = {{"event", name}, {"time", formatRfc3339(systemNow())}};
  line.insert(line.end(), std::make_move_iterator(members.begin()), std::make_move_iterator(members.end()));
  return Json(std::move(line)).dump();
}

Json describe(const Complaint& complaint) {
  const auto status = static_cast<std::size_t>(complaint.code);
  return Json::Object{{"code", complaint.name.empty() ? exitStatuses()[status].name : complaint.name},
                      {"status", static_cast<int>(complaint.code)},
                      {"message", printable(complaint.message)},
                      {"hint", printable(complaint.hint)}};
}

}  // namespace

Terminal::Terminal()
    : interactive_(isatty(STDERR_FILENO) == 1),
      moves_(interactive_ && !isDumb()),
      colors_(interactive_ && wantsColors()) {}

void Terminal::adopt(const Arguments& arguments) {
  json_ = arguments.json;
  events_ = arguments.events.has_value();
  if (arguments.color && *arguments.color != "auto") colors_ = *arguments.color == "always";
}

Done Terminal::tell(const Report& report) {
  if (!events_) return result(json_ ? report.json.dump() : report.text);
  return result(eventLine(report.event, {{"result", report.json}}));
}

void Terminal::event(std::string_view name, Json::Object members) {
  // Who does not read what happens is told of it by the next result.
  if (events_) (void)result(eventLine(name, std::move(members)));
}

void Terminal::event(const client::Progress& step) {
  using Step = client::Progress::Step;
  switch (step.step) {
    case Step::creating:
      return event("creating");
    case Step::claiming:
      return event("claiming");
    case Step::sending:
      return event("sending");
    case Step::waiting:  // comes at each attempt; who waits says so once
      return;
    case Step::retrying:
      break;
  }
  Json::Object members = {{"milliseconds", static_cast<std::int64_t>(step.pause.count())}};
  if (step.failure) members.push_back({"code", nameOf(*step.failure)});
  event("retrying", std::move(members));
}

Done Terminal::result(std::string_view lines) {
  clearProgress();
  const std::string text = std::string(lines) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return Complaint{ExitCode::machine, std::string("cannot write the result: ") + std::strerror(errno),
                   "check where stdout goes, or give -o FILE"};
}

void Terminal::await(std::string_view text, const std::optional<TimePoint>& until) {
  clearProgress();
  if (moves_) {
    spinner_.emplace(std::string(text), until);
  } else if (awaited_ != text && !speaksJson()) {
    error("tigress: " + std::string(text) + (until ? ", until " + formatRfc3339(*until) : "") + "\n");
    awaited_ = text;
  }
}

void Terminal::awaitOther(const std::optional<TimePoint>& until) {
  event("awaiting", until ? Json::Object{{"expires", formatRfc3339(*until)}} : Json::Object());
  await("waiting for the other device", until);
}

void Terminal::progress(std::string_view text) {
  if (!moves_) return;
  clearProgress();
  error(std::string(text) + " …");
  progressShown_ = true;
}

void Terminal::note(std::string_view line) {
  if (!interactive_ || speaksJson()) return;
  clearProgress();
  error(std::string(line) + "\n");
}

void Terminal::warn(std::string_view text) {
  clearProgress();
  const std::string line = printable(text);
  if (speaksJson()) {
    const Json warning = Json::Object{{"message", line}};
    event("warning", {{"warning", warning}});
    return error(Json(Json::Object{{"warning", warning}}).dump() + "\n");
  }
  error("tigress: warning: " + line + "\n");
}

void Terminal::complain(const Complaint& complaint) {
  clearProgress();
  if (speaksJson()) {
    const Json described = describe(complaint);
    event("failed", {{"error", described}});
    return error(Json(Json::Object{{"error", described}}).dump() + "\n");
  }
  const std::string_view on = colors_ ? "\x1b[1;31m" : "";
  const std::string_view off = colors_ ? "\x1b[0m" : "";
  error(std::string(on) + "tigress:" + std::string(off) + " " + printable(complaint.message) + "\n");
  if (!complaint.hint.empty()) error("hint: " + printable(complaint.hint) + "\n");
}

std::optional<std::string> Terminal::ask(std::string_view question, bool hidden) {
  if (!interactive_) return std::nullopt;
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return std::nullopt;
  clearProgress();
  std::string line;
  {
    std::optional<EchoOff> silence;
    if (hidden) silence.emplace(terminal);
    error(printable(question) + " ");
    char c = 0;
    while (read(terminal, &c, 1) == 1 && c != '\n') line += c;
  }
  if (hidden) error("\n");
  close(terminal);
  return line.empty() ? std::nullopt : std::optional(std::move(line));
}

void Terminal::picture(std::string_view lines) {
  clearProgress();
  error(lines);
}

void Terminal::error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void Terminal::clearProgress() {
  spinner_.reset();
  if (progressShown_) error("\r\x1b[K");
  progressShown_ = false;
}

std::string printable(std::string_view text) {
  std::string safe;
  if (!isUtf8(text)) return "(unreadable)";
  while (!text.empty()) {
    if (const std::size_t command = commandLength(text); command > 0) {
      safe += kReplacement;
      text.remove_prefix(command);
    } else {
      safe += text.front();
      text.remove_prefix(1);
    }
  }
  return safe;
}

}  // namespace tigress::cli
