#pragma once

#include <string>

// What the relay's process gives up for the safety of its machine.

namespace tigress::relay {

/// Lets no core file be written, which would hold whatever was passing through memory.
void leaveNoCoreFile();
/// Nothing the process starts can gain rights. To be called before it has threads: each has this for itself.
void gainNoRights();

/// Whether the process has root's rights.
bool isRoot();

/// Makes the process, with all its threads, that user's: its groups and no others, no capabilities, no core
/// file. Only root can; whoever is that user already may call, too.
/// Throws std::runtime_error if there is no such user, if it is root, or if there would be a way back: then
/// the process must end.
void becomeUser(const std::string& name);

}  // namespace tigress::relay
