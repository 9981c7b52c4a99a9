#pragma once

#include <string>

#include "client/cli/command.h"
#include "tigress/json.h"

namespace tigress::cli {

/// The help for all commands, and for one.
std::string helpText();
std::string helpText(const Command& command);

/// The tables as JSON: commands, options, exit statuses and the codes of mistakes. Man page and completions
/// are held against it.
Json helpJson();

}  // namespace tigress::cli
