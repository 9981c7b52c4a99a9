#include "client/cli/command.h"
#include "client/cli/history_file.h"

namespace tigress::cli {
namespace {

std::string textOf(const Json& entry, std::string_view name) {
  const std::string* text = entry.findString(name);
  return text ? printable(*text) : std::string();
}

std::string tabulate(const std::vector<Json>& entries) {
  std::string text;
  for (const Json& entry : entries) {
    if (!text.empty()) text += '\n';
    text += textOf(entry, "sent") + "  " + textOf(entry, "link") + "  " + textOf(entry, "title");
  }
  return text;
}

}  // namespace

Done history(const Arguments& arguments, Terminal& terminal) {
  const auto file = HistoryFile::open();
  if (!file) return file.error();
  if (!arguments.operands.empty()) {
    if (auto cleared = file->clear(); !cleared) return cleared;
    if (terminal.speaksJson()) return terminal.tell({{}, Json::Object{{"cleared", true}}});
    terminal.note("The history is empty.");
    return {};
  }
  const auto entries = file->load();
  if (!entries) return entries.error();
  if (entries->empty() && !terminal.speaksJson()) {
    terminal.note("Nothing is in the history. Shares made with --history are.");
    return {};
  }
  return terminal.tell({tabulate(*entries), Json::Object{{"shares", Json::Array(*entries)}}});
}

}  // namespace tigress::cli
