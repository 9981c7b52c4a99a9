#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/input.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

using Status = Result<std::optional<client::ShareStatus>, client::Failure>;

}  // namespace

Done status(const Arguments& arguments, Terminal& terminal) {
  const StateFile file(arguments);
  if (file.wanted() != arguments.operands.empty()) {
    return usageComplaint("expected either a link or --state FILE", "see tigress status --help");
  }
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  Json::Object object;
  Status status = std::optional<client::ShareStatus>();
  if (file.wanted()) {
    auto session = file.loadSession(connection->environment());
    if (!session) return session.error();
    status = session->status();
    const bool receives = session->role() == client::Channel::Role::receiver;
    object = {{"role", receives ? "receiver" : "sender"}, {"pending", session->pending()}};
  } else {
    LineInput input(STDIN_FILENO);
    const auto url = readShareUrl(arguments, input);
    if (!url) return url.error();
    status = client::RemoteShare::at(connection->environment(), *url)->status();
  }
  if (!status) return complaintOf(status.error());
  const std::string word((*status)->state ? nameOf(*(*status)->state) : "open");
  object.insert(object.begin(), {"state", word});
  if ((*status)->expires) object.push_back({"expires", formatRfc3339(*(*status)->expires)});
  return terminal.tell({word, std::move(object)});
}

}  // namespace tigress::cli
