#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>

#include "client/cli/command.h"
#include "client/cli/help.h"
#include "client/cli/interruption.h"
#include "client/cli/settings.h"
#include "client/cli/suggestion.h"
#include "tigress/version.h"

namespace tigress::cli {
namespace {

// What a person should know who ends a transfer that may go on.
std::string farewellOf(const Arguments& arguments) {
  const bool looks = arguments.command == "watch" || arguments.command == "status";
  return arguments.state && !looks ? "interrupted; the same --state goes on from here" : "";
}

Complaint unknownCommand(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) names.push_back(command.name);
  return usageComplaint("there is no command " + quoted(name), suggestion(name, names, "see tigress --help"));
}

// `settled`: what is to be said of the settings, to those who use them.
Done runCommand(const Arguments& arguments, const Done& settled, Terminal& terminal) {
  if (arguments.version) {
    return terminal.tell({std::string("tigress ") + kVersion, Json::Object{{"version", kVersion}}});
  }
  if (arguments.command.empty()) {
    if (!arguments.help) return usageComplaint("no command was given");
    return terminal.tell({helpText(), helpJson()});
  }
  const Command* command = findCommand(arguments.command);
  if (!command) return unknownCommand(arguments.command);
  if (arguments.help) return terminal.tell({helpText(*command), helpJson()});

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
  const auto& words = command->operandWords;
  for (const std::string& operand : arguments.operands) {
    if (words.empty() || std::find(words.begin(), words.end(), operand) != words.end()) continue;
    return usageComplaint(std::string(command->name) + ": unknown operand " + quoted(operand),
                          "give " + oneOf(words));
  }
  if (!settled) return settled;
  sayAtInterruption(farewellOf(arguments));
  return command->run(arguments, terminal);
}

ExitCode runProgram(const std::vector<std::string>& words) {
  Terminal terminal;
  try {
    Arguments arguments;
    const Done understood = parseArguments(words, arguments);
    const Done settled = settle(arguments);
    terminal.adopt(arguments);
    const Done done = understood ? runCommand(arguments, settled, terminal) : understood;
    if (done) {
      terminal.event("done");
      return ExitCode::ok;
    }
    terminal.complain(done.error());
    return done.error().code;
  } catch (const std::exception& error) {
    terminal.complain({ExitCode::machine, error.what(), "this should not happen; please report it"});
    return ExitCode::machine;
  }
}

// The next socket would get the number of a descriptor that is closed, and what is printed would go to the
// relay. In its place comes one that fails: stdin cannot be read, stdout and stderr cannot be written.
void occupyClosedDescriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool closed = fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
    if (closed && open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor) {
      std::_Exit(static_cast<int>(ExitCode::machine));
    }
  }
}

}  // namespace
}  // namespace tigress::cli

int main(int count, char** words) {
  // A closed pipe or connection is an error to report, not a reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  tigress::cli::occupyClosedDescriptors();
  return static_cast<int>(tigress::cli::runProgram({words + 1, words + count}));
}
