#include "client/cli/help.h"

#include <algorithm>

#include "common/text.h"

namespace tigress::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 24;  // where meanings begin

// How many columns a text takes: none of ours has wide or combined characters.
std::size_t widthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

// Lines of a paragraph, the first of which begins at column `at`, the others at `indent`.
std::string wrapped(std::string_view paragraph, std::size_t at, std::size_t indent) {
  std::string text;
  bool first = true;
  for (const std::string_view word : split(paragraph, ' ')) {
    if (!first && at + 1 + widthOf(word) > kWidth) {
      text += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (!first) {
      text += ' ';
      ++at;
    }
    text += word;
    at += widthOf(word);
    first = false;
  }
  return text + "\n";
}

std::string row(std::string name, std::string_view meaning) {
  std::string text = "  " + name;
  std::size_t at = widthOf(text);
  if (at + 2 > kColumn) {
    text += "\n";
    at = 0;
  }
  text.append(kColumn - at, ' ');
  return text + wrapped(meaning, kColumn, kColumn);
}

std::string row(const Option& option) {
  return row(std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value)),
             option.meaning);
}

std::string paragraphs(std::string_view story) {
  std::string text;
  for (const std::string_view paragraph : split(story, '\n')) text += "\n" + wrapped(paragraph, 0, 0);
  return text;
}

std::string exitStatusText() {
  std::string text = "exit status:";
  for (const ExitStatus& status : exitStatuses()) {
    text += (status.code == ExitCode::ok ? " " : ", ") + std::to_string(static_cast<int>(status.code)) + " " +
            std::string(status.meaning);
  }
  return text;
}

Json wordsOf(const std::vector<std::string_view>& words) {
  Json::Array array;
  for (const std::string_view word : words) array.emplace_back(word);
  return array;
}

}  // namespace

std::string helpText() {
  std::string text =
      "tigress - share digital keys and other credentials by a link\n\n"
      "usage: tigress COMMAND [OPTION]... [OPERAND]\n\ncommands:\n";
  for (const Command& command : commands()) {
    text += row(std::string(command.name) + " " + std::string(command.operands), command.summary);
  }
  text += "\noptions:\n";
  for (const Option& option : options()) text += row(option);
  text += "\nenvironment, where the option is not given:\n";
  for (const Option& option : options()) {
    const Variable& variable = option.variable;
    if (variable.name.empty()) continue;
    const std::string name(option.name);
    text +=
        row(std::string(variable.name), variable.isContent       ? "what is in the file of " + name
                                        : variable.means.empty() ? "the same as " + name
                                                                 : name + " " + std::string(variable.means));
  }
  text += paragraphs(
      "Settings may also stand in a file: see tigress config --help. Who needs a password or a key and sits "
      "at a terminal is asked.\n"
      "A link or file given as - comes from stdin, so that a secret need not stand in the process list.");
  text += paragraphs(exitStatusText());
  text.pop_back();
  return text;
}

std::string helpText(const Command& command) {
  std::string text = "usage: tigress " + std::string(command.name) +
                     (command.options.empty() ? " " : " [OPTION]... ") + std::string(command.operands) +
                     "\n" + paragraphs(command.summary) + paragraphs(command.story) + "\noptions:\n";
  for (const Option& option : options()) {
    const auto& names = command.options;
    if (std::find(names.begin(), names.end(), option.name) != names.end()) text += row(option);
  }
  text.pop_back();
  return text;
}

Json helpJson() {
  Json::Array commandRows;
  for (const Command& command : commands()) {
    commandRows.push_back(Json::Object{{"name", command.name},
                                       {"operands", command.operands},
                                       {"operandWords", wordsOf(command.operandWords)},
                                       {"summary", command.summary},
                                       {"options", wordsOf(command.options)}});
  }
  Json::Array optionRows;
  for (const Option& option : options()) {
    optionRows.push_back(Json::Object{{"name", option.name},
                                      {"value", option.value},
                                      {"meaning", option.meaning},
                                      {"words", wordsOf(option.words)},
                                      {"variable", option.variable.name},
                                      {"setting", option.isSetting}});
  }
  Json::Array statusRows;
  for (const ExitStatus& status : exitStatuses()) {
    statusRows.push_back(Json::Object{
        {"status", static_cast<int>(status.code)}, {"name", status.name}, {"meaning", status.meaning}});
  }
  return Json::Object{{"commands", std::move(commandRows)},
                      {"options", std::move(optionRows)},
                      {"exitStatuses", std::move(statusRows)},
                      {"errorCodes", wordsOf(errorCodes())}};
}

}  // namespace tigress::cli
