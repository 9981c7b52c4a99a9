#include <unistd.h>

#include "client/cli/command.h"
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
    if (session_.pending()) {
      if (const auto sent = deliverPending(); !sent) return sent;
    }
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
  TurnTaken listen() {
    terminal_.progress("waiting for the other device");
    const auto information = session_.receive(kUntilItIsGone);
    if (!information) return ending(information.error());
    met_ = true;
    const auto printed = terminal_.result(information->toJson().dump());
    if (!printed) return printed.error();
    // Kept after it is printed: what a crash leaves in doubt is printed twice rather than never.
    if (const auto kept = file_.keep(session_); !kept) return kept.error();
    return Turn::taken;
  }

  TurnTaken speak() {
    const auto line = input_.next();
    if (!line) return close();
    const auto information = readInformation(arguments_, *line);
    if (!information) return information.error();
    session_.prepare(*information);
    if (const auto sent = deliverPending(); !sent) return sent.error();
    return Turn::taken;
  }

  // The message is kept before it goes out, so that after a crash it is sent as it was sealed.
  Done deliverPending() {
    if (auto kept = file_.keep(session_); !kept) return kept;
    const auto sent = session_.resend(kSendingTime);
    auto kept = file_.keep(session_);
    if (!sent) return complaintOf(sent.error());
    return kept;
  }

  // A share that went before its time was removed by the other device: it has nothing more to say.
  TurnTaken ending(const client::Failure& failure) {
    const bool expired = session_.expires() && systemNow() >= *session_.expires();
    if (failure.code != client::FailureCode::notFoundOrExpired || !met_ || expired)
      return complaintOf(failure);
    if (!input_.hasMore()) return Turn::ended;
    return Complaint{ExitCode::notFoundOrExpired, "the other device ended the exchange before all was said",
                     "start again with a new link"};
  }

  TurnTaken close() {
    if (arguments_.keep) return Turn::ended;
    if (const auto removed = session_.remove(); !removed) {
      terminal_.warn("the share could not be removed and stays until it expires: " + removed.error().detail);
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

}  // namespace

Done exchange(const Arguments& arguments, Terminal& terminal) {
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();
  LineInput input(STDIN_FILENO);

  const StateFile file(arguments);
  if (!arguments.operands.empty() || file.exists()) {
    auto session = takePart(arguments, input, **transport);
    if (!session) return session.error();
    return Conversation(arguments, terminal, input, *session, file.exists() && arguments.operands.empty())
        .takeTurns();
  }

  const auto line = input.next();
  if (!line) return usageComplaint("nothing to send came from stdin", "give one JSON object on a line");
  auto information = readInformation(arguments, *line);
  if (!information) return information.error();
  auto sender = offerShare(arguments, terminal, **transport, *std::move(information));
  if (!sender) return sender.error();
  if (auto kept = keepOrRemove(file, *sender); !kept) return kept;
  if (auto handedOut = handOutLink(arguments, terminal, *sender); !handedOut) return handedOut;
  return Conversation(arguments, terminal, input, *sender, true).takeTurns();
}

}  // namespace tigress::cli
