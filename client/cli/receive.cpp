#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/delivery.h"
#include "client/cli/input.h"
#include "tigress/receiver.h"

namespace tigress::cli {

Done receive(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  auto link = readLink(arguments, input);
  if (!link) return link.error();
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();

  client::Receiver receiver({**transport}, *std::move(link));
  terminal.progress("opening the share");
  const auto information = receiver.receive();
  if (!information) return complaintOf(information.error());

  const auto delivered = deliver(arguments, terminal, information->toJson().dump(arguments.json ? -1 : 2));
  if (!delivered || arguments.keep) return delivered;
  if (const auto removed = receiver.remove(); !removed) {
    terminal.warn("the share could not be removed and stays until it expires: " + removed.error().detail);
  }
  return {};
}

}  // namespace tigress::cli
