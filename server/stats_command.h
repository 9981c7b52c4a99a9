#pragma once

#include <iosfwd>

#include "server/settings.h"

namespace tigress::relay {

/// `tigress-relay stats`: asks the admin listener of the relay with these settings for its figures and prints
/// them for people. Gives the exit code: 0; 69 if nobody answers there; 78 if the settings name no port.
int runStatsCommand(const Settings& settings, std::ostream& out, std::ostream& errors);

}  // namespace tigress::relay
