#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/input.h"
#include "client/cli/offering.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

Result<Transfer, Complaint> makeShare(const Arguments& arguments, Terminal& terminal,
                                      const client::Environment& environment) {
  if (StateFile(arguments).exists()) {
    if (arguments.operands.empty()) return goOn(arguments, terminal, environment);
    return usageComplaint("the file of --state holds a transfer already",
                          "give a file that is not there yet; or nothing to send, if it was cut off");
  }
  if (arguments.operands.empty()) {
    return usageComplaint("there is neither something to send nor a state to go on from",
                          "give a file, or - for stdin");
  }
  const auto text = readInput(arguments.operands.front());
  if (!text) return text.error();
  auto information = readInformation(arguments, *text);
  if (!information) return information.error();
  return offerShare(arguments, terminal, environment, {*std::move(information)});
}

}  // namespace

Done send(const Arguments& arguments, Terminal& terminal) {
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  auto transfer = makeShare(arguments, terminal, connection->environment());
  if (!transfer) return transfer.error();
  if (!transfer->linkDue) {
    return usageComplaint("the link of this transfer was handed out already", "see tigress status --help");
  }
  if (const auto locked = transfer->session.lock(); !locked) {
    // The share is good without it: the lock only guards against accidents.
    terminal.warn("the share could not be locked: " + locked.error().detail);
  }
  return handOutLink(arguments, terminal, transfer->session);
}

}  // namespace tigress::cli
