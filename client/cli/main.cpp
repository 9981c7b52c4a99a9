#include <algorithm>
#include <csignal>
#include <exception>

#include "client/cli/command.h"
#include "client/cli/interruption.h"
#include "tigress/version.h"

namespace tigress::cli {
namespace {

// What a person should know who ends a transfer that may go on.
std::string farewellOf(const Arguments& arguments) {
  const auto& given = arguments.given;
  const bool looks = arguments.command == "watch" || arguments.command == "status";
  const bool keeps = !looks && std::find(given.begin(), given.end(), "--state") != given.end();
  return keeps ? "interrupted; the same --state goes on from here" : "";
}

Done runCommand(const Arguments& arguments, Terminal& terminal) {
  if (arguments.version) return terminal.result(std::string("tigress ") + kVersion);
  if (arguments.command.empty()) {
    return arguments.help ? terminal.result(helpText()) : usageComplaint("no command was given");
  }
  const auto& table = commands();
  const auto command = std::find_if(table.begin(), table.end(),
                                    [&](const Command& row) { return row.name == arguments.command; });
  if (command == table.end()) return usageComplaint("there is no such command");
  if (arguments.help) return terminal.result(helpText(*command));

  const std::string hint = "see tigress " + std::string(command->name) + " --help";
  for (const std::string_view name : arguments.given) {
    if (std::find(command->options.begin(), command->options.end(), name) == command->options.end()) {
      return usageComplaint(std::string(command->name) + " does not take " + std::string(name), hint);
    }
  }
  if (arguments.operands.size() < command->fewestOperands ||
      arguments.operands.size() > command->mostOperands) {
    return usageComplaint(
        "expected: tigress " + std::string(command->name) + " " + std::string(command->operands), hint);
  }
  sayAtInterruption(farewellOf(arguments));
  return command->run(arguments, terminal);
}

ExitCode runProgram(const std::vector<std::string>& words) {
  Terminal terminal;
  try {
    const auto arguments = parseArguments(words);
    const Done done = arguments ? runCommand(*arguments, terminal) : Done(arguments.error());
    if (done) return ExitCode::ok;
    terminal.complain(done.error());
    return done.error().code;
  } catch (const std::exception& error) {
    terminal.complain({ExitCode::machine, error.what(), "this should not happen; please report it"});
    return ExitCode::machine;
  }
}

}  // namespace
}  // namespace tigress::cli

int main(int count, char** words) {
  // A closed pipe or connection is an error to report, not a reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  return static_cast<int>(tigress::cli::runProgram({words + 1, words + count}));
}
