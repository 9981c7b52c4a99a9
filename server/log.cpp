#include "server/log.h"

#include <array>
#include <cstdio>

#include "tigress/json.h"

namespace tigress::relay {
namespace {

struct LevelName {
  std::string_view text;
  std::string_view json;
};

constexpr std::array<LevelName, 4> kLevels = {
    {{"Error", "error"}, {"Warning", "warning"}, {"Information", "information"}, {"Debug", "debug"}}};

}  // namespace

std::string formatLogLine(LogFormat format, TimePoint time, LogLevel level, std::string_view words,
                          const LogValues& values) {
  const LevelName& name = kLevels.at(static_cast<std::size_t>(level));
  if (format == LogFormat::json) {
    Json::Object members = {{"time", formatRfc3339(time)}, {"level", name.json}, {"message", words}};
    for (const auto& [key, value] : values) members.push_back({key, value});
    return Json(std::move(members)).dump();
  }
  std::string line = formatRfc3339(time);
  line.append(" ").append(name.text).append(" ").append(words);
  for (const auto& [key, value] : values) line.append(" ").append(key).append("=").append(value);
  // One line is one event, whatever a library says.
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

void writeToStderr(std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

void Log::write(LogLevel level, std::string_view words, const LogValues& values) const {
  if (writes(level)) sink_(formatLogLine(format_, systemNow(), level, words, values));
}

}  // namespace tigress::relay
