#pragma once

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/state_file.h"
#include "client/cli/terminal.h"
#include "tigress/sender.h"

namespace tigress::cli {

/// Creates a share of `information` as --relay, --vertical, --title, --description, --expires and --open say.
Result<client::Sender, Complaint> offerShare(const Arguments& arguments, Terminal& terminal,
                                             client::Transport& transport,
                                             client::ProvisioningInformation information);

/// Keeps the state of a new share. If it cannot, the share is removed again.
Done keepOrRemove(const StateFile& file, client::Sender& sender);

/// Hands out the link as --json, -o and --qr say. If it cannot, the share is removed again: nobody could
/// open it.
Done handOutLink(const Arguments& arguments, Terminal& terminal, client::Sender& sender);

/// The moment `--expires` means: `90s`, `30m`, `24h`, `2d` from `now`, or an RFC 3339 time.
std::optional<TimePoint> parseExpiry(std::string_view text, TimePoint now);

}  // namespace tigress::cli
