#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/delivery.h"
#include "client/cli/input.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

// How long a sender that said more follows may take.
constexpr std::chrono::minutes kRestOfATurn{2};
// Longer than any share lives: waiting ends when the share does.
constexpr std::chrono::hours kUntilItIsGone{24 * 7};

// All messages of the other device's turn, each as a text of its own. What is not there yet is waited for; a
// link's share is there or not.
Result<std::string, client::Failure> readTurn(client::Session& session, Terminal& terminal, int indent) {
  std::string text;
  while (text.empty() || !session.toAnswer()) {
    if (!session.expires()) {
      terminal.progress("opening the share");
    } else if (!session.unread()) {
      terminal.await("waiting for the other device", session.expires());
    }
    const auto information = session.receive(text.empty() ? kUntilItIsGone : kRestOfATurn);
    if (!information) return information.error();
    text += (text.empty() ? "" : "\n") + information->toJson().dump(indent);
  }
  return text;
}

}  // namespace

Done receive(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  const StateFile file(arguments);
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  auto session = takePart(arguments, input, connection->environment());
  if (!session) return session.error();
  if (session->pending()) {
    return usageComplaint("--state: the file holds a message that is still to be sent",
                          "go on by tigress exchange");
  }

  const auto text = readTurn(*session, terminal, arguments.json ? -1 : 2);
  if (!text) {
    if (text.error().code == client::FailureCode::stillWaiting && !file.wanted()) (void)session->relinquish();
    return complaintOf(text.error());
  }
  auto delivered = deliver(arguments, terminal, *text);
  if (delivered) delivered = file.keep(*session);
  if (!delivered || arguments.keep) {
    // Without a state nobody could ever read the share again; an open share has no place to give up.
    if (!file.wanted()) (void)session->relinquish();
    return delivered;
  }
  if (const auto removed = session->remove(); !removed) {
    terminal.warn("the share could not be removed and stays until it expires: " + removed.error().detail);
  }
  return {};
}

}  // namespace tigress::cli
