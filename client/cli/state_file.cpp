#include "client/cli/state_file.h"

#include <unistd.h>

#include "client/cli/delivery.h"
#include "tigress/receiver.h"

namespace tigress::cli {
namespace {

// A state holds two messages at most, each sealed twice over.
constexpr int kStateDepth = 16;

}  // namespace

bool StateFile::exists() const {
  return path_ && access(path_->c_str(), F_OK) == 0;
}

Result<client::Session, Complaint> StateFile::load(client::Transport& transport) const {
  const auto text = readInput(*path_);
  if (!text) return text.error();
  const auto state = Json::parse(*text, kStateDepth);
  auto session = state ? client::Session::restore({transport}, *state) : state.error();
  if (session) return *std::move(session);
  return usageComplaint("--state: the file holds no transfer",
                        "give a file that tigress wrote, or a new one");
}

Done StateFile::keep(const client::Session& session) const {
  return path_ ? writeFile(*path_, session.state().dump() + "\n", "--state") : Done();
}

Result<client::Session, Complaint> takePart(const Arguments& arguments, LineInput& input,
                                            client::Transport& transport) {
  const StateFile file(arguments);
  if (file.exists()) {
    if (arguments.operands.empty()) return file.load(transport);
    return usageComplaint("the file of --state holds a transfer already",
                          "leave the link out to go on with it, or give another file");
  }
  if (arguments.operands.empty()) {
    return usageComplaint("there is neither a link nor a state to go on from", "give a link, or - for stdin");
  }
  auto link = readLink(arguments, input);
  if (!link) return link.error();
  client::Session session = client::Receiver({transport}, *std::move(link));
  if (const auto kept = file.keep(session); !kept) return kept.error();
  return session;
}

Done refuseToOverwrite(const StateFile& file) {
  if (!file.exists()) return {};
  return usageComplaint("the file of --state holds a transfer already", "give a file that is not there yet");
}

}  // namespace tigress::cli
