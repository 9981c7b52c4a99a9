#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"

namespace tigress::cli {

/// The relay of who names none.
inline constexpr std::string_view kDefaultRelay = "https://localhost:8443";

/// Gives the options that the command line left out what the environment says, and where that says nothing,
/// what the configuration file says: `config` in the folder `tigress` of $XDG_CONFIG_HOME or ~/.config. No
/// such file is no mistake, a line in it that is no setting is.
Done settle(Arguments& arguments);

/// A setting as it holds now.
struct Setting {
  std::string_view key;
  std::optional<std::string> value;  ///< nothing: there is none, or it is a secret of the environment
  std::string from;                  ///< the place it comes from; empty: it is the default
};

/// Every setting, in the order of the option table. `arguments` are settled.
std::vector<Setting> effectiveSettings(const Arguments& arguments);

/// A file of this program: `name` in the folder `tigress` of the folder that the variable names, or else of
/// that one below the home folder (XDG Base Directory Specification). Nothing if there is no home folder.
std::optional<std::string> ownFile(const char* variable, std::string_view belowHome, std::string_view name);

}  // namespace tigress::cli
