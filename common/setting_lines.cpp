#include "common/setting_lines.h"

#include <algorithm>

#include "common/text.h"

namespace tigress {

Result<std::vector<SettingLine>> readSettingLines(std::string_view text, const std::string& fileName) {
  std::vector<SettingLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const std::string where = fileName + ":" + std::to_string(number);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return ParseError{where + ": expected key = value"};
    lines.push_back(
        {where, std::string(trimmed(line.substr(0, equals))), std::string(trimmed(line.substr(equals + 1)))});
  }
  return lines;
}

}  // namespace tigress
