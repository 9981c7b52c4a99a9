#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/delivery.h"
#include "client/cli/input.h"
#include "client/cli/state_file.h"

namespace tigress::cli {

Done receive(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  const StateFile file(arguments);
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();
  auto session = takePart(arguments, input, **transport);
  if (!session) return session.error();

  terminal.progress("opening the share");
  const auto information = session->receive();
  if (!information) return complaintOf(information.error());

  auto delivered = deliver(arguments, terminal, information->toJson().dump(arguments.json ? -1 : 2));
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
