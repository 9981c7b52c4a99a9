#include "tigress/sweep.h"

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "tigress/json.h"

namespace tigress::cli {
namespace {

std::string counted(int count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string describe(const client::Swept& swept, bool dryRun) {
  return counted(swept.shares, "share, ", "shares, ") + std::to_string(swept.expired) + " expired, " +
         (dryRun ? "none removed: this was a dry run" : std::to_string(swept.removed) + " removed");
}

}  // namespace

Done sweep(const Arguments& arguments, Terminal& terminal) {
  const auto place = readFolder(arguments.operands.front());
  if (!place) return place.error();
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  terminal.progress("looking for expired shares");
  const auto swept = client::sweep(connection->environment(), *place, !arguments.dryRun);
  if (!swept) return complaintOf(swept.error());
  const Json object = Json::Object{{"shares", swept->shares},
                                   {"expired", swept->expired},
                                   {"removed", swept->removed},
                                   {"failed", swept->failed},
                                   {"strangers", swept->strangers}};
  const auto told = terminal.tell({describe(*swept, arguments.dryRun), object});
  if (!told) return told;
  if (swept->strangers > 0) {
    terminal.note(counted(swept->strangers, "thing", "things") +
                  " in the folder that are no shares stay as they are.");
  }
  if (swept->failed == 0) return {};
  return Complaint{ExitCode::network,
                   counted(swept->failed, "folder", "folders") + " could not be looked at or removed",
                   "sweep again later; tigress doctor tells what the server does not do"};
}

}  // namespace tigress::cli
