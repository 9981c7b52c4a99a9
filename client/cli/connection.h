#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"
#include "tigress/environment.h"
#include "tigress/share_url.h"
#include "tigress/transport.h"

namespace tigress::cli {

/// How requests leave this machine, and what a session works with.
class Connection {
 public:
  Connection(std::unique_ptr<client::Transport> transport,
             std::function<void(const client::Progress&)> progress)
      : transport_(std::move(transport)), environment_{*transport_} {
    environment_.progress = std::move(progress);
  }

  /// For sessions that end before the connection. What they do is told to the terminal.
  const client::Environment& environment() const { return environment_; }

 private:
  std::unique_ptr<client::Transport> transport_;
  client::Environment environment_;
};

/// Who is asked for credentials that a server wants where none are known for it.
enum class Asking { terminal, nobody };

/// A connection as --ca-file, --allow and --credentials say, or the environment (TIGRESS_ALLOW,
/// TIGRESS_CREDENTIALS).
Result<Connection, Complaint> openConnection(const Arguments& arguments, Terminal& terminal,
                                             Asking asking = Asking::terminal);

/// The same without credentials.
Result<Connection, Complaint> openAnonymousConnection(const Arguments& arguments, Terminal& terminal);

/// A relay, or a folder of a WebDAV server; `what` is the name of the argument it stands in.
Result<SharePlace, Complaint> readPlace(std::string_view text, std::string_view what);
/// The same, for commands that want a folder.
Result<SharePlace, Complaint> readFolder(std::string_view text);

}  // namespace tigress::cli
