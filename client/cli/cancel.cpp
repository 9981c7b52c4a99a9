#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/input.h"
#include "client/cli/offering.h"
#include "client/cli/state_file.h"
#include "tigress/receiver.h"

namespace tigress::cli {
namespace {

using client::FailureCode;
using Removed = Result<void, client::Failure>;

// By the link alone a share can be removed that is open, or that nobody claimed: then it is claimed first.
Removed removeByLink(const client::Environment& environment, const std::string& text, const ShareUrl& url) {
  Removed removed = client::RemoteShare::at(environment, url)->remove();
  if (removed || removed.error().code != FailureCode::takenByAnotherDevice) return removed;
  auto link = client::ShareLink::parse(text);
  if (!link) return removed;
  client::Receiver receiver(environment, *std::move(link));
  const auto opened = receiver.receive();
  // Whatever the share holds, this device has its place now.
  if (!opened && opened.error().code == FailureCode::takenByAnotherDevice) return removed;
  return receiver.remove();
}

Result<Removed, Complaint> removeShare(const Arguments& arguments, Terminal& terminal,
                                       const client::Environment& environment) {
  const StateFile file(arguments);
  if (file.wanted() != arguments.operands.empty()) {
    return usageComplaint("expected either a link or --state FILE", "see tigress cancel --help");
  }
  if (file.wanted()) {
    // Whether a creation that was cut off has made a share is known when it has been finished.
    auto transfer = goOn(arguments, terminal, environment);
    if (!transfer) return transfer.error();
    return transfer->session.remove();
  }
  LineInput input(STDIN_FILENO);
  const auto text = readLinkText(arguments, input);
  if (!text) return text.error();
  const auto url = parseShareUrl(*text);
  if (!url) return complaintOf({FailureCode::linkIncomplete, url.error().detail});
  return removeByLink(environment, *text, *url);
}

}  // namespace

Done cancel(const Arguments& arguments, Terminal& terminal) {
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  const auto removed = removeShare(arguments, terminal, connection->environment());
  if (!removed) return removed.error();
  if (!*removed) return complaintOf(removed->error());
  if (terminal.speaksJson()) return terminal.tell({{}, Json::Object{{"removed", true}}, "removed"});
  terminal.note("The share is gone.");
  return {};
}

}  // namespace tigress::cli
