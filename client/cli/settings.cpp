#include "client/cli/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "client/cli/input.h"
#include "client/cli/suggestion.h"
#include "common/setting_lines.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

using Text = std::optional<std::string> Arguments::*;
using Switch = bool Arguments::*;

std::string fromEnvironment(std::string_view name) {
  const char* value = name.empty() ? nullptr : std::getenv(std::string(name).c_str());
  return value ? value : std::string();
}

std::string_view keyOf(const Option& option) {
  return option.name.substr(2);
}

std::vector<const Option*> settingRows() {
  std::vector<const Option*> rows;
  for (const Option& option : options()) {
    if (option.isSetting) rows.push_back(&option);
  }
  return rows;
}

// Whoever may write the file may send our keys to a relay of theirs.
bool othersMayWrite(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
}

Result<std::vector<SettingLine>, Complaint> readConfiguration() {
  const auto path = ownFile("XDG_CONFIG_HOME", ".config", "config");
  if (!path || access(path->c_str(), F_OK) != 0) return std::vector<SettingLine>();
  if (othersMayWrite(*path)) {
    return usageComplaint(*path + ": others on this machine may change the file",
                          "make it yours alone: chmod 600 FILE");
  }
  const auto text = readInput(*path);
  if (!text) return text.error();
  auto lines = readSettingLines(*text, *path);
  if (!lines) return usageComplaint(lines.error().detail, "see tigress config --help");
  return *std::move(lines);
}

Done checkLines(const std::vector<SettingLine>& lines) {
  std::vector<std::string_view> keys;
  for (const Option* option : settingRows()) keys.push_back(keyOf(*option));
  std::set<std::string_view> seen;
  for (const SettingLine& line : lines) {
    if (std::find(keys.begin(), keys.end(), line.key) == keys.end()) {
      return usageComplaint(line.where + ": there is no setting " + quoted(line.key),
                            suggestion(line.key, keys, "there are " + listed(keys)));
    }
    if (!seen.insert(line.key).second) {
      return usageComplaint(line.where + ": " + line.key + " is set twice", "keep one of the lines");
    }
  }
  return {};
}

// A file's path as people write it.
std::string withHome(std::string path) {
  if (startsWith(path, "~/")) path.replace(0, 1, fromEnvironment("HOME"));
  return path;
}

Done assign(const Option& option, const SettingLine& line, Arguments& arguments) {
  const auto* const flag = std::get_if<Switch>(&option.target);
  const std::vector<std::string_view> words =
      flag ? std::vector<std::string_view>{"on", "off"} : option.words;
  if (!words.empty() && std::find(words.begin(), words.end(), line.value) == words.end()) {
    return usageComplaint(line.where + ": " + line.key + ": unknown value " + quoted(line.value),
                          "give " + oneOf(words));
  }
  if (flag) {
    arguments.** flag = line.value == "on";
  } else {
    arguments.*std::get<Text>(option.target) = option.value == "FILE" ? withHome(line.value) : line.value;
  }
  return {};
}

// Takes what the command line or the environment says; whether they say anything.
bool takeFirst(const Option& option, Arguments& arguments) {
  const auto isGiven = [&](std::string_view name) {
    return std::find(arguments.given.begin(), arguments.given.end(), name) != arguments.given.end();
  };
  std::string& origin = arguments.origins[option.name];
  if (option.name == "--history" && arguments.noHistory) {
    arguments.history = false;
    origin = "--no-history";
  } else if (isGiven(option.name)) {
    origin = option.name;
  } else if (const std::string value = fromEnvironment(option.variable.name); !value.empty()) {
    origin = option.variable.name;
    if (!option.variable.isContent) {
      arguments.*std::get<Text>(option.target) =
          option.variable.means.empty() ? value : option.variable.means;
    }
  } else {
    arguments.origins.erase(option.name);
    return false;
  }
  return true;
}

}  // namespace

Done settle(Arguments& arguments) {
  std::vector<const Option*> open;
  for (const Option* option : settingRows()) {
    if (!takeFirst(*option, arguments)) open.push_back(option);
  }
  const auto lines = readConfiguration();
  if (!lines) return lines.error();
  if (auto good = checkLines(*lines); !good) return good;
  for (const Option* option : open) {
    const auto line = std::find_if(lines->begin(), lines->end(),
                                   [&](const SettingLine& one) { return one.key == keyOf(*option); });
    if (line == lines->end() || line->value.empty()) continue;
    if (auto assigned = assign(*option, *line, arguments); !assigned) return assigned;
    arguments.origins[option->name] = line->where;
  }
  return {};
}

std::vector<Setting> effectiveSettings(const Arguments& arguments) {
  std::vector<Setting> settings;
  for (const Option* option : settingRows()) {
    Setting setting{keyOf(*option), std::nullopt, {}};
    if (const auto* flag = std::get_if<Switch>(&option->target)) {
      setting.value = arguments.**flag ? "on" : "off";
    } else {
      setting.value = arguments.*std::get<Text>(option->target);
    }
    if (const auto origin = arguments.origins.find(option->name); origin != arguments.origins.end()) {
      setting.from = origin->second;
    } else if (option->name == "--relay") {
      setting.value = kDefaultRelay;
    } else if (option->name == "--color") {
      setting.value = "auto";
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::optional<std::string> ownFile(const char* variable, std::string_view belowHome, std::string_view name) {
  std::string folder = fromEnvironment(variable);
  if (!startsWith(folder, "/")) {  // another one is to be passed over
    folder = fromEnvironment("HOME");
    if (folder.empty()) return std::nullopt;
    folder += "/" + std::string(belowHome);
  }
  return folder + "/tigress/" + std::string(name);
}

}  // namespace tigress::cli
