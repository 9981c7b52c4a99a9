#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/input.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

using State = Result<std::optional<client::ShareState>, client::Failure>;

std::string_view wordFor(const std::optional<client::ShareState>& state, bool receives) {
  if (state) return nameOf(*state);
  return receives ? nameOf(client::ShareState::claimed) : "open";
}

}  // namespace

Done status(const Arguments& arguments, Terminal& terminal) {
  const StateFile file(arguments);
  if (file.wanted() != arguments.operands.empty()) {
    return usageComplaint("expected either a link or --state FILE", "see tigress status --help");
  }
  const auto transport = openTransport(arguments);
  if (!transport) return transport.error();
  Json::Object object;
  bool receives = false;
  State state = std::optional<client::ShareState>();
  if (file.wanted()) {
    auto session = file.loadSession(**transport);
    if (!session) return session.error();
    state = session->shareState();
    receives = session->role() == client::Channel::Role::receiver;
    object = {{"role", receives ? "receiver" : "sender"}, {"pending", session->pending()}};
  } else {
    LineInput input(STDIN_FILENO);
    const auto url = readShareUrl(arguments, input);
    if (!url) return url.error();
    state = client::RemoteShare(**transport, *url).state();
  }
  if (!state) return complaintOf(state.error());
  const std::string word(wordFor(*state, receives));
  object.insert(object.begin(), {"state", word});
  return terminal.result(arguments.json ? Json(object).dump() : word);
}

}  // namespace tigress::cli
