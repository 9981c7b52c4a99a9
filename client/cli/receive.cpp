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

// All messages of the other device's turn. What is not there yet is waited for; a link's share is there or
// not.
Result<std::vector<Report>, client::Failure> readTurn(client::Session& session, Terminal& terminal) {
  std::vector<Report> messages;
  while (messages.empty() || !session.toAnswer()) {
    if (!session.expires()) {
      terminal.progress("opening the share");
    } else if (!session.unread()) {
      terminal.awaitOther(session.expires());
    }
    const auto information = session.receive(messages.empty() ? kUntilItIsGone : kRestOfATurn);
    if (!information) return information.error();
    const Json json = information->toJson();
    messages.push_back({json.dump(2), json, "received"});
  }
  return messages;
}

}  // namespace

Done receive(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  const StateFile file(arguments);
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  auto session = takePart(arguments, input, terminal, connection->environment());
  if (!session) return session.error();
  if (session->pending()) {
    return usageComplaint("--state: the file holds a message that is still to be sent",
                          "go on by tigress exchange");
  }

  const GivingUpPlace givingUp(arguments, terminal, *session);
  const auto messages = readTurn(*session, terminal);
  if (!messages) {
    const client::FailureCode code = messages.error().code;
    Complaint complaint = complaintOf(messages.error());
    if (!file.wanted() && code == client::FailureCode::stillWaiting) (void)session->relinquish();
    if (!file.wanted() && code == client::FailureCode::answerLost) {
      // Who did not take it is told so.
      const auto givenUp = session->relinquish();
      if (!givenUp && passes(givenUp.error().code)) {
        complaint.hint =
            "ask for a new link: this device may have taken the share, and without --state it cannot go on";
      }
    }
    return complaint;
  }
  auto delivered = deliver(arguments, terminal, *messages);
  if (delivered) delivered = file.keep(*session);
  if (!delivered || arguments.keep) {
    // Without a state nobody could ever read the share again; an open share has no place to give up.
    if (!file.wanted()) (void)session->relinquish();
    return delivered;
  }
  if (const auto removed = session->remove(); !removed) {
    terminal.warn("the share could not be removed and stays until it expires: " + removed.error().detail);
  } else {
    terminal.event("removed");
  }
  return {};
}

}  // namespace tigress::cli
