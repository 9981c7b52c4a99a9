#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"

namespace tigress::cli {

/// Gives the parts of a command's result, each with a line end, to stdout or to the file of -o (- is stdout).
/// When this succeeds the result is where it belongs, on disk if it is a file: what it was made from may be
/// deleted.
Done deliver(const Arguments& arguments, Terminal& terminal, const std::vector<Report>& reports);

/// What becomes of a file that is there already: the new one takes its place, or is not written (EEXIST).
enum class Existing { replaced, refused };

/// Writes a file that only its owner may read, in one step and on disk when this succeeds: whoever looks sees
/// the old file or the whole new one. Follows symbolic links; what is no file, a pipe or a device, is written
/// to as it is. Until it is whole the new file is beside the old one, its name with `.new`. `option` is the
/// one the path came with.
Done writeFile(const std::string& path, std::string_view bytes, std::string_view option,
               Existing existing = Existing::replaced);

/// The file that symbolic links lead to, be it there or not.
std::string namedFile(const std::string& path);

}  // namespace tigress::cli
