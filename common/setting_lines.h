#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tigress/result.h"

namespace tigress {

/// One `key = value`, and where it stands, for error messages: "relay.properties:12" or "-D".
struct SettingLine {
  std::string where;
  std::string key;
  std::string value;
};

/// The lines of a properties file: `key = value`; `#` begins a comment line.
Result<std::vector<SettingLine>> readSettingLines(std::string_view text, const std::string& fileName);

}  // namespace tigress
