#pragma once

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/state_file.h"
#include "client/cli/terminal.h"

namespace tigress::cli {

/// Creates a share as --relay, --vertical, --title, --description, --expires and --open say, of the first
/// message; the others wait to be sent. With --state the creation is kept before anything is sent.
Result<Transfer, Complaint> offerShare(const Arguments& arguments, Terminal& terminal,
                                       const client::Environment& environment,
                                       std::vector<client::ProvisioningInformation> messages);

/// The transfer in the file of --state. A creation that was cut off is finished first.
Result<Transfer, Complaint> goOn(const Arguments& arguments, Terminal& terminal,
                                 const client::Environment& environment);

/// Hands out the link as --json, -o and --qr say, and keeps that it was. If it cannot, and there is no state
/// to do it later, the share is removed again: nobody could open it.
Done handOutLink(const Arguments& arguments, Terminal& terminal, client::Session& session);

/// The moment `--expires` means: `90s`, `30m`, `24h`, `2d` from `now`, or an RFC 3339 time.
std::optional<TimePoint> parseExpiry(std::string_view text, TimePoint now);

}  // namespace tigress::cli
