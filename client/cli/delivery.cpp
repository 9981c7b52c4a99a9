#include "client/cli/delivery.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tigress::cli {
namespace {

bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return fsync(file) == 0;
}

}  // namespace

Done deliver(const Arguments& arguments, Terminal& terminal, const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) {
    if (!arguments.output) {
      if (auto told = terminal.tell(report); !told) return told;
    }
    text += (arguments.json ? report.json.dump() : report.text) + "\n";
  }
  if (!arguments.output) return {};
  if (auto written = writeFile(*arguments.output, text, "-o"); !written) return written;
  for (const Report& report : reports) terminal.event(report.event);
  return {};
}

Done writeFile(const std::string& path, std::string_view bytes, std::string_view option) {
  const auto complaint = [&](int error) {
    return Complaint{ExitCode::machine, "cannot write " + path + ": " + std::strerror(error),
                     "give " + std::string(option) + " a file in a directory you may write to"};
  };
  std::string temporary = path + ".XXXXXX";
  const int file = mkstemp(temporary.data());  // mode 0600
  if (file < 0) return complaint(errno);
  bool written = writeAll(file, bytes);
  int error = errno;
  if (close(file) != 0 && written) {
    written = false;
    error = errno;
  }
  if (written && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  if (written) error = errno;
  unlink(temporary.c_str());
  return complaint(error);
}

}  // namespace tigress::cli
