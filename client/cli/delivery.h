#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"

namespace tigress::cli {

/// Gives the parts of a command's result, each with a line end, to stdout or to the file of -o. When this
/// succeeds the result is where it belongs, on disk if it is a file: what it was made from may be deleted.
Done deliver(const Arguments& arguments, Terminal& terminal, const std::vector<Report>& reports);

/// Writes a file that only its owner may read, in one step: whoever looks sees the old file or the whole new
/// one. `option` is the one the path came with.
Done writeFile(const std::string& path, std::string_view bytes, std::string_view option);

}  // namespace tigress::cli
