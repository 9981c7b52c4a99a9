#pragma once

#include <memory>
#include <string_view>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"
#include "tigress/share_url.h"
#include "tigress/transport.h"

namespace tigress::cli {

/// How requests leave this machine: as --ca-file, --allow and --credentials say, or the environment
/// (TIGRESS_ALLOW, TIGRESS_CREDENTIALS). A server that wants credentials where there are none for it makes
/// the terminal ask for them.
Result<std::unique_ptr<client::Transport>, Complaint> openTransport(const Arguments& arguments,
                                                                    Terminal& terminal);

/// The same without credentials.
Result<std::unique_ptr<client::Transport>, Complaint> openAnonymousTransport(const Arguments& arguments);

/// A relay, or a folder of a WebDAV server; `what` is the name of the argument it stands in.
Result<SharePlace, Complaint> readPlace(std::string_view text, std::string_view what);
/// The same, for commands that want a folder.
Result<SharePlace, Complaint> readFolder(std::string_view text);

}  // namespace tigress::cli
