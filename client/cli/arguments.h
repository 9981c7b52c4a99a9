#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/cli/complaint.h"
#include "tigress/result.h"

namespace tigress::cli {

/// The command line, taken apart. Which options a command takes is in the table of command.h.
struct Arguments {
  std::string command;  ///< empty if none was given
  std::vector<std::string> operands;

  std::optional<std::string> relay;
  std::optional<std::string> vertical;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> expires;
  std::optional<std::string> format;
  std::optional<std::string> output;
  std::optional<std::string> caFile;
  std::optional<std::string> state;
  std::optional<std::string> createTokenFile;
  std::optional<std::string> credentials;
  std::optional<std::string> allow;
  std::optional<std::string> keyFile;
  std::optional<std::string> qrPng;
  std::optional<std::string> events;
  std::optional<std::string> color;
  bool open = false;
  bool qr = false;
  bool split = false;
  bool history = false;
  bool noHistory = false;
  bool json = false;
  bool keep = false;
  bool dryRun = false;
  bool help = false;
  bool version = false;

  std::vector<std::string_view> given;              ///< names of the options, in the table's spelling
  std::map<std::string_view, std::string> origins;  ///< where the value of an option came from, if it has one
};

/// What stands for an option in the environment.
struct Variable {
  std::string_view name;        ///< empty: nothing does
  bool isContent = false;       ///< it holds what is in the option's file, so that no file is needed
  std::string_view means = {};  ///< the option's value if the variable is set at all; empty: its text
};

/// One row of the option table.
struct Option {
  std::string_view name;     ///< with its dashes
  std::string_view value;    ///< what stands for its value in the help, FILE for a file; empty: a switch
  std::string_view meaning;  ///< for the help
  std::variant<bool Arguments::*, std::optional<std::string> Arguments::*> target;
  std::vector<std::string_view> words = {};  ///< what the value may be, if only a few words may
  Variable variable = {};
  bool isSetting = false;  ///< it may also stand in the configuration file, without its dashes
};

/// Every option there is, in the order the help shows them.
const std::vector<Option>& options();
/// The row of that name; null if there is none.
const Option* findOption(std::string_view name);

/// Takes `--name value`, `--name=value`, `-o FILE`; a lone `-` is an operand, and so is all behind `--`.
/// Complains of the first mistake, but reads on behind it: `arguments` is what could be understood.
Done parseArguments(const std::vector<std::string>& words, Arguments& arguments);

/// A word of the command line as a complaint may repeat it: a link that lost its quotes, or a mistyped
/// option, may hold a secret, so only what looks like a name stands there, in quotes.
std::string quoted(std::string_view word);

}  // namespace tigress::cli
