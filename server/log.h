#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tigress/timestamp.h"

namespace tigress::relay {

enum class LogLevel { error, warning, information, debug };

enum class LogFormat {
  text,  ///< time, level, words, name=value
  json,  ///< one object a line: time, level, message, and the values as members
};

/// Named values of a line.
using LogValues = std::map<std::string, std::string>;

/// One line as it is written, without its end.
std::string formatLogLine(LogFormat format, TimePoint time, LogLevel level, std::string_view words,
                          const LogValues& values);

/// Puts a line on stderr, whole.
void writeToStderr(std::string_view line);

/// The relay's log. Whoever writes to it sees to it that the line names no share and no client. Any thread.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  Log(LogLevel level, LogFormat format, Sink sink = writeToStderr)
      : level_(level), format_(format), sink_(std::move(sink)) {}

  bool writes(LogLevel level) const { return level <= level_; }
  void write(LogLevel level, std::string_view words, const LogValues& values = {}) const;

  void error(std::string_view words, const LogValues& values = {}) const {
    write(LogLevel::error, words, values);
  }
  void warning(std::string_view words) const { write(LogLevel::warning, words); }
  void information(std::string_view words) const { write(LogLevel::information, words); }
  void debug(std::string_view words, const LogValues& values = {}) const {
    write(LogLevel::debug, words, values);
  }

 private:
  LogLevel level_;
  LogFormat format_;
  Sink sink_;
};

}  // namespace tigress::relay
