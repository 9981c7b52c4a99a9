#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/input.h"
#include "tigress/remote_share.h"

namespace tigress::cli {

Done cancel(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  const auto url = readShareUrl(arguments, input);
  if (!url) return url.error();
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();

  const auto removed = client::RemoteShare(**transport, *url).remove();
  if (!removed) return complaintOf(removed.error());
  if (arguments.json) return terminal.result(Json(Json::Object{{"removed", true}}).dump());
  terminal.note("The share is gone.");
  return {};
}

}  // namespace tigress::cli
