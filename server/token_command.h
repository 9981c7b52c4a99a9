#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tigress/random.h"
#include "tigress/timestamp.h"

namespace tigress::relay {

/// `tigress-relay token …`: its words behind "token", the file of `create.tokens`, the name of --name.
struct TokenCommand {
  std::vector<std::string> words;
  std::string path;
  std::string name;
};

/// `add` prints a new token, the only time it can be seen; `list` prints names and times; `revoke NAME` ends
/// one. Gives the exit code: 0, 64 for wrong usage, 65 for a name that is taken or not there, 74 if the file
/// cannot be read or written.
int runTokenCommand(const TokenCommand& command, const RandomSource& random, TimePoint now, std::ostream& out,
                    std::ostream& err);

}  // namespace tigress::relay
