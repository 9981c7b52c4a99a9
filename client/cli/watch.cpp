#include "tigress/watch.h"

#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/input.h"
#include "client/cli/state_file.h"

namespace tigress::cli {
namespace {

// Longer than any share lives: watching ends when the share does.
constexpr std::chrono::hours kUntilItIsGone{24 * 7};

Result<client::Watch, Complaint> watchOf(const Arguments& arguments, const client::Environment& environment) {
  const StateFile file(arguments);
  if (file.wanted() != arguments.operands.empty()) {
    return usageComplaint("expected either a link or --state FILE", "see tigress watch --help");
  }
  if (file.wanted()) {
    const auto session = file.loadSession(environment);
    if (!session) return session.error();
    return session->watch();
  }
  LineInput input(STDIN_FILENO);
  auto url = readShareUrl(arguments, input);
  if (!url) return url.error();
  return client::Watch(environment, *std::move(url));
}

std::string describe(client::ShareEvent event, const std::optional<TimePoint>& expires) {
  Json::Object object = {{"event", nameOf(event)}, {"time", formatRfc3339(systemNow())}};
  if (expires) object.push_back({"expires", formatRfc3339(*expires)});
  return Json(std::move(object)).dump();
}

}  // namespace

Done watch(const Arguments& arguments, Terminal& terminal) {
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  auto watch = watchOf(arguments, connection->environment());
  if (!watch) return watch.error();
  std::chrono::seconds patience{0};  // for the first answer; what is there now is told at once
  for (;;) {
    const auto event = watch->next(patience);
    if (!event) return complaintOf(event.error());
    const auto told = terminal.result(terminal.speaksJson() ? describe(*event, watch->expires())
                                                            : std::string(nameOf(*event)));
    if (!told) return told;
    if (*event == client::ShareEvent::completed || *event == client::ShareEvent::removed) return {};
    if (isEnd(*event)) {
      return Complaint{ExitCode::notFoundOrExpired, "the share ended before it was received",
                       "send it again with a new link"};
    }
    terminal.await("watching the share", watch->expires());
    patience = kUntilItIsGone;
  }
}

}  // namespace tigress::cli
