#pragma once

#include <string_view>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"

namespace tigress::cli {

/// One row of the command table; each command has a file of its name.
struct Command {
  std::string_view name;
  std::string_view operands;  ///< as the help shows them; FILE in them stands for a file
  std::size_t fewestOperands;
  std::size_t mostOperands;
  std::vector<std::string_view> options;  ///< beside --help
  std::string_view summary;
  std::string_view story;  ///< what else a user must know
  Done (*run)(const Arguments& arguments, Terminal& terminal);
  std::vector<std::string_view> operandWords = {};  ///< what the operand may be, if only a few words may
};

/// Every command, in the order the help shows them.
const std::vector<Command>& commands();
/// The row of that name; null if there is none.
const Command* findCommand(std::string_view name);

Done send(const Arguments& arguments, Terminal& terminal);
Done receive(const Arguments& arguments, Terminal& terminal);
Done exchange(const Arguments& arguments, Terminal& terminal);
Done show(const Arguments& arguments, Terminal& terminal);
Done status(const Arguments& arguments, Terminal& terminal);
Done watch(const Arguments& arguments, Terminal& terminal);
Done cancel(const Arguments& arguments, Terminal& terminal);
Done sweep(const Arguments& arguments, Terminal& terminal);
Done doctor(const Arguments& arguments, Terminal& terminal);
Done history(const Arguments& arguments, Terminal& terminal);
Done config(const Arguments& arguments, Terminal& terminal);
Done completion(const Arguments& arguments, Terminal& terminal);

}  // namespace tigress::cli
