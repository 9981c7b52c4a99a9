#include "client/cli/command.h"
#include "client/cli/input.h"
#include "client/cli/offering.h"
#include "client/cli/state_file.h"

namespace tigress::cli {

Done send(const Arguments& arguments, Terminal& terminal) {
  const StateFile file(arguments);
  if (auto fresh = refuseToOverwrite(file); !fresh) return fresh;
  const auto text = readInput(arguments.operands.front());
  if (!text) return text.error();
  auto information = readInformation(arguments, *text);
  if (!information) return information.error();
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();

  auto sender = offerShare(arguments, terminal, **transport, *std::move(information));
  if (!sender) return sender.error();
  if (auto kept = keepOrRemove(file, *sender); !kept) return kept;
  if (const auto locked = sender->lock(); !locked) {
    // The share is good without it: the lock only guards against accidents.
    terminal.warn("the share could not be locked: " + locked.error().detail);
  }
  return handOutLink(arguments, terminal, *sender);
}

}  // namespace tigress::cli
