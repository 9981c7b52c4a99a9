#include <algorithm>

#include "client/cli/command.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

using Words = std::vector<std::string_view>;

std::string joined(const Words& words, std::string_view between) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : std::string(between)) + std::string(word);
  return text;
}

Words commandNames() {
  Words names;
  for (const Command& command : commands()) names.push_back(command.name);
  return names;
}

// The options of a command, or without one those that stand alone.
std::vector<const Option*> optionsOf(const Command* command) {
  std::vector<const Option*> found;
  for (const Option& option : options()) {
    const bool alone = option.name == "--help" || option.name == "--version";
    const bool taken = command && std::find(command->options.begin(), command->options.end(), option.name) !=
                                      command->options.end();
    if (taken || (alone && (!command || option.name == "--help"))) found.push_back(&option);
  }
  return found;
}

Words namesOf(const std::vector<const Option*>& rows) {
  Words names;
  for (const Option* option : rows) names.push_back(option->name);
  return names;
}

bool takesFile(std::string_view placeholder) {
  return placeholder.find("FILE") != std::string_view::npos;
}

// In single quotes; `escape` is how a shell writes one within them.
std::string inQuotes(std::string_view text, std::string_view escape) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "'";
}

// One arm of the script's `case`.
std::string bashArm(const Words& patterns, const std::string& does) {
  return patterns.empty() ? "" : "    " + joined(patterns, " | ") + ") " + does + " ;;\n";
}

std::string bashScript() {
  Words files;
  Words unknown;
  std::string values;
  for (const Option& option : options()) {
    if (option.value.empty()) continue;
    if (!option.words.empty()) {
      values += bashArm({option.name}, "_tigress_words '" + joined(option.words, " ") + "'; return");
    } else {
      (takesFile(option.value) ? files : unknown).push_back(option.name);
    }
  }
  values += bashArm(files, "_tigress_files; return") + bashArm(unknown, "return");
  std::string arms = "    '') options='" + joined(namesOf(optionsOf(nullptr)), " ") + "' operands='" +
                     joined(commandNames(), " ") + "' ;;\n";
  for (const Command& command : commands()) {
    arms += bashArm({command.name}, "options='" + joined(namesOf(optionsOf(&command)), " ") + "' operands='" +
                                        joined(command.operandWords, " ") +
                                        "' files=" + (takesFile(command.operands) ? "yes" : ""));
  }
  return R"(# Completion of tigress for bash, printed by: tigress completion bash

_tigress_words() { mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$1" -- "$current"); }
_tigress_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
}

_tigress() {
  COMPREPLY=()
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command= options= operands= files= i
  # --name=value comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $before in
)" + values +
         R"(  esac
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      )" +
         joined(commandNames(), " | ") +
         R"() command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
)" + arms +
         R"(  esac
  if [[ $current == -* ]]; then
    _tigress_words "$options"
    return
  fi
  _tigress_words "$operands"
  if [[ $files ]]; then _tigress_files; fi
}

complete -F _tigress tigress)";
}

std::string zshOption(const Option& option) {
  std::string explained;
  for (const char c : option.meaning) explained += (c == '[' || c == ']' ? "\\" : "") + std::string(1, c);
  std::string spec(option.name);
  if (!option.value.empty() && startsWith(option.name, "--")) spec += '=';
  spec += "[" + explained + "]";
  if (!option.value.empty()) {
    spec += ":" + std::string(option.value) + ":";
    if (!option.words.empty()) {
      spec += "(" + joined(option.words, " ") + ")";
    } else if (takesFile(option.value)) {
      spec += "_files";
    }
  }
  return inQuotes(spec, "'\\''");
}

std::string zshScript() {
  std::string names;
  std::string arms;
  for (const Command& command : commands()) {
    names +=
        "    " + inQuotes(std::string(command.name) + ":" + std::string(command.summary), "'\\''") + "\n";
    std::string specs;
    for (const Option* option : optionsOf(&command)) specs += " \\\n          " + zshOption(*option);
    std::string operand = "1:" + joined(split(command.operands, '|'), " or ") + ":";
    operand.erase(std::remove_if(operand.begin(), operand.end(), [](char c) { return c == '[' || c == ']'; }),
                  operand.end());
    if (!command.operandWords.empty()) operand += "(" + joined(command.operandWords, " ") + ")";
    if (takesFile(command.operands)) operand += "_files";
    arms += "        " + std::string(command.name) + ")\n          _arguments" + specs + " \\\n          " +
            (command.operands.empty() ? "" : inQuotes(operand, "'\\''")) + " ;;\n";
  }
  std::string alone;
  for (const Option* option : optionsOf(nullptr)) {
    alone +=
        " \\\n    " +
        inQuotes("(- *)" + std::string(option->name) + "[" + std::string(option->meaning) + "]", "'\\''");
  }
  return R"(#compdef tigress
# Completion of tigress for zsh, printed by: tigress completion zsh

_tigress() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
)" + names +
         "  )\n  _arguments -C" + alone + R"( \
    '1:command:->command' '*::operand:->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest)
      case $words[1] in
)" + arms +
         R"(      esac ;;
  esac
}

if [[ $funcstack[1] == _tigress ]]; then
  _tigress "$@"
else
  compdef _tigress tigress
fi)";
}

std::string fishOption(const std::string& condition, const Option& option) {
  const bool isLong = startsWith(option.name, "--");
  std::string line = "complete -c tigress -n " + condition + (isLong ? " -l " : " -s ") +
                     std::string(option.name.substr(isLong ? 2 : 1));
  if (!option.value.empty()) line += takesFile(option.value) ? " -r -F" : " -x";
  if (!option.words.empty()) line += " -a '" + joined(option.words, " ") + "'";
  return line + " -d " + inQuotes(option.meaning, "\\'") + "\n";
}

std::string fishScript() {
  std::string script =
      "# Completion of tigress for fish, printed by: tigress completion fish\n\ncomplete -c tigress -f\n";
  for (const Option* option : optionsOf(nullptr)) script += fishOption("__fish_use_subcommand", *option);
  for (const Command& command : commands()) {
    script += "complete -c tigress -n __fish_use_subcommand -a " + std::string(command.name) + " -d " +
              inQuotes(command.summary, "\\'") + "\n";
  }
  for (const Command& command : commands()) {
    const std::string condition = "'__fish_seen_subcommand_from " + std::string(command.name) + "'";
    script += "\n";
    if (takesFile(command.operands)) script += "complete -c tigress -n " + condition + " -F\n";
    if (!command.operandWords.empty()) {
      script += "complete -c tigress -n " + condition + " -a '" + joined(command.operandWords, " ") + "'\n";
    }
    for (const Option* option : optionsOf(&command)) script += fishOption(condition, *option);
  }
  script.pop_back();
  return script;
}

}  // namespace

Done completion(const Arguments& arguments, Terminal& terminal) {
  const std::string& shell = arguments.operands.front();
  if (shell == "bash") return terminal.result(bashScript());
  if (shell == "zsh") return terminal.result(zshScript());
  return terminal.result(fishScript());
}

}  // namespace tigress::cli
