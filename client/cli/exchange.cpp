#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/input.h"
#include "client/cli/offering.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

// Longer than any share lives: waiting ends when the share does.
constexpr std::chrono::hours kUntilItIsGone{24 * 7};
// How long a message is sent again while the network is away.
constexpr std::chrono::minutes kSendingTime{2};

// How a turn went.
enum class Turn { taken, ended };
using TurnTaken = Result<Turn, Complaint>;

/// The turns of two devices, from this one's side.
class Conversation {
 public:
  /// `met`: whether the share is known to have been there.
  Conversation(const Arguments& arguments, Terminal& terminal, LineInput& input, client::Session& session,
               bool met)
      : arguments_(arguments),
        terminal_(terminal),
        input_(input),
        file_(arguments),
        session_(session),
        met_(met) {}

  /// Listens and speaks until one of the devices has nothing more to say.
  Done takeTurns() {
    if (const auto sent = deliverPending(); !sent) return sent;
    if (session_.toAnswer()) {
      const TurnTaken taken = speak();
      if (!taken) return taken.error();
      if (*taken == Turn::ended) return {};
    }
    for (;;) {
      for (const auto turn : {&Conversation::listen, &Conversation::speak}) {
        const TurnTaken taken = (this->*turn)();
        if (!taken) return taken.error();
        if (*taken == Turn::ended) return {};
      }
    }
  }

 private:
  // The other device's turn, to its last message.
  TurnTaken listen() {
    do {
      if (session_.begun()) {
        terminal_.awaitOther(session_.expires());
      } else {
        terminal_.progress("opening the share");
      }
      const auto information = session_.receive(kUntilItIsGone);
      if (!information) return ending(information.error());
      met_ = true;
      if (const auto shown = show(*information); !shown) return shown.error();
    } while (!session_.toAnswer());
    return Turn::taken;
  }

  Done tell(const Json& message) { return terminal_.tell({message.dump(), message, "received"}); }

  Done show(const client::ProvisioningInformation& information) {
    if (auto printed = tell(information.toJson()); !printed) return printed;
    // Kept after it is printed: what a crash leaves in doubt is printed twice rather than never.
    return file_.keep(session_);
  }

  TurnTaken speak() {
    const auto line = input_.next();
    if (!line) return close();
    auto messages = readTurn(arguments_, *line);
    if (!messages) return messages.error();
    session_.prepare(*std::move(messages));
    if (const auto sent = deliverPending(); !sent) return sent.error();
    return Turn::taken;
  }

  // This device's turn: each message is kept before it goes out, so that after a crash it is sent as it was
  // sealed. What the other device says in between is heard first.
  Done deliverPending() {
    while (session_.pending()) {
      if (auto kept = file_.keep(session_); !kept) return kept;
      const auto sent = session_.resend(kSendingTime);
      if (auto kept = file_.keep(session_); !kept) return kept;
      if (sent) {
        terminal_.event("sent");
        continue;
      }
      if (sent.error().code != client::FailureCode::overtaken) return complaintOf(sent.error());
      do {
        const auto information = session_.receive();
        if (!information) return complaintOf(information.error());
        if (auto shown = show(*information); !shown) return shown;
      } while (session_.unread());
    }
    return {};
  }

  // A share that went before its time was removed by the other device: it has nothing more to say.
  TurnTaken ending(const client::Failure& failure) {
    const bool expired = session_.expires() && systemNow() >= *session_.expires();
    if (failure.code != client::FailureCode::notFoundOrExpired || !met_ || expired)
      return complaintOf(failure);
    if (!input_.hasMore()) {
      terminal_.event("ended");
      return Turn::ended;
    }
    return Complaint{ExitCode::notFoundOrExpired, "the other device ended the exchange before all was said",
                     "start again with a new link"};
  }

  TurnTaken close() {
    if (arguments_.keep) return Turn::ended;
    if (const auto removed = session_.remove(); !removed) {
      terminal_.warn("the share could not be removed and stays until it expires: " + removed.error().detail);
    } else {
      terminal_.event("removed");
    }
    return Turn::ended;
  }

  const Arguments& arguments_;
  Terminal& terminal_;
  LineInput& input_;
  StateFile file_;
  client::Session& session_;
  bool met_;
};

Result<client::Session, Complaint> begin(const Arguments& arguments, Terminal& terminal, LineInput& input,
                                         const client::Environment& environment) {
  if (!arguments.operands.empty()) return takePart(arguments, input, terminal, environment);
  const auto transfer = [&]() -> Result<Transfer, Complaint> {
    if (StateFile(arguments).exists()) return goOn(arguments, terminal, environment);
    const auto line = input.next();
    if (!line) return usageComplaint("nothing to send came from stdin", "give one JSON object on a line");
    auto messages = readTurn(arguments, *line);
    if (!messages) return messages.error();
    return offerShare(arguments, terminal, environment, *std::move(messages));
  };
  auto begun = transfer();
  if (!begun) return begun.error();
  if (begun->linkDue) {
    if (const auto handedOut = handOutLink(arguments, terminal, begun->session); !handedOut) {
      return handedOut.error();
    }
  }
  return std::move(begun->session);
}

}  // namespace

Done exchange(const Arguments& arguments, Terminal& terminal) {
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  LineInput input(STDIN_FILENO);
  auto session = begin(arguments, terminal, input, connection->environment());
  if (!session) return session.error();
  const GivingUpPlace givingUp(arguments, terminal, *session);
  return Conversation(arguments, terminal, input, *session, arguments.operands.empty()).takeTurns();
}

}  // namespace tigress::cli
