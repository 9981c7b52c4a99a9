#include "client/cli/state_file.h"

#include <unistd.h>

#include "client/cli/connection.h"
#include "client/cli/delivery.h"
#include "tigress/receiver.h"

namespace tigress::cli {
namespace {

// A state holds what waits to be sent and read, some of it sealed and in base64.
constexpr std::size_t kMostBytes = 16 * kMostInput;
constexpr std::string_view kLinkDue = "linkDue";

}  // namespace

bool StateFile::exists() const {
  return path_ && access(path_->c_str(), F_OK) == 0;
}

Result<Kept, Complaint> StateFile::load(const client::Environment& environment) const {
  const auto text = readSecretFile(*path_, "--state", kMostBytes);
  if (!text) return text.error();
  const auto state = Json::parse(*text, client::Session::kStateDepth);
  if (state) {
    if (auto creation = client::Creation::restore(*state)) return Kept(*std::move(creation));
    if (auto session = client::Session::restore(environment, *state)) {
      return Kept(Transfer{*std::move(session), state->find(kLinkDue) != nullptr});
    }
  }
  return usageComplaint("--state: the file holds no transfer",
                        "give a file that tigress wrote, or a new one");
}

Result<client::Session, Complaint> StateFile::loadSession(const client::Environment& environment) const {
  auto kept = load(environment);
  if (!kept) return kept.error();
  if (auto* transfer = std::get_if<Transfer>(&*kept)) return std::move(transfer->session);
  return usageComplaint("--state: the share in the file was not made to the end",
                        "go on by the command that began it, with the same --state and nothing to send");
}

Done StateFile::begin(const client::Creation& creation) const {
  return write(creation.state(), Existing::refused);
}

Done StateFile::begin(const client::Session& session) const {
  return write(session.state(), Existing::refused);
}

Done StateFile::keep(const client::Session& session, bool linkDue) const {
  if (!path_) return {};
  Json state = session.state();
  if (linkDue) state.object()->push_back({std::string(kLinkDue), true});
  return write(state, Existing::replaced);
}

Done StateFile::write(const Json& state, Existing existing) const {
  if (!path_) return {};
  auto written = writeFile(*path_, state.dump() + "\n", "--state", existing);
  if (written || existing == Existing::replaced || !exists()) return written;
  return usageComplaint("the file of --state holds a transfer already",
                        "it came there just now, by another process: give each a file of its own");
}

void StateFile::forget() const {
  if (path_) unlink(namedFile(*path_).c_str());
}

Result<client::Session, Complaint> takePart(const Arguments& arguments, LineInput& input, Terminal& terminal,
                                            const client::Environment& environment) {
  const StateFile file(arguments);
  if (file.exists()) {
    if (arguments.operands.empty()) return file.loadSession(environment);
    return usageComplaint("the file of --state holds a transfer already",
                          "leave the link out to go on with it, or give another file");
  }
  if (arguments.operands.empty()) {
    return usageComplaint("there is neither a link nor a state to go on from", "give a link, or - for stdin");
  }
  auto link = readLink(arguments, input, terminal);
  if (!link) return link.error();
  client::Session session = client::Receiver(environment, *std::move(link));
  if (const auto kept = file.begin(session); !kept) return kept.error();
  return session;
}

// By a session and a connection of its own: those of the command are another thread's, and busy.
GivingUpPlace::GivingUpPlace(const Arguments& arguments, Terminal& terminal, const client::Session& session) {
  if (StateFile(arguments).wanted() || session.role() != client::Channel::Role::receiver) return;
  atInterruption_.emplace([&arguments, &terminal, state = session.state()]() -> std::string {
    const auto connection = openConnection(arguments, terminal, Asking::nobody);
    if (!connection) return "";
    auto same = client::Session::restore(connection->environment(), state);
    if (!same || !same->relinquish()) return "";
    return "interrupted; whoever has the link may open the share now";
  });
}

}  // namespace tigress::cli
