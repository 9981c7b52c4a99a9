#include "client/cli/history_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/cli/input.h"
#include "client/cli/kind.h"
#include "client/cli/settings.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

constexpr std::size_t kMostBytes = 16 * kMostInput;

std::string describe(const Arguments& arguments, const client::Session& session) {
  const ShareUrl& url = session.link().url;
  Json::Object entry = {{"sent", formatRfc3339(systemNow())}, {"link", url.toString()}};
  if (session.display().title) entry.push_back({"title", *session.display().title});
  entry.push_back({"vertical", nameOf(url.vertical)});
  if (session.expires()) entry.push_back({"expires", formatRfc3339(*session.expires())});
  if (arguments.state) entry.push_back({"state", std::filesystem::absolute(*arguments.state).string()});
  return Json(std::move(entry)).dump() + "\n";
}

// A folder that only its owner may look into.
bool makeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  return mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST;
}

}  // namespace

Result<HistoryFile, Complaint> HistoryFile::open() {
  if (auto path = ownFile("XDG_STATE_HOME", ".local/state", "history")) return HistoryFile(*std::move(path));
  return usageComplaint("there is no home folder to keep a history in", "set HOME or XDG_STATE_HOME");
}

Done HistoryFile::append(const Arguments& arguments, const client::Session& session) const {
  if (!makeFolder(std::filesystem::path(path_).parent_path())) return complaint(errno);
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return complaint(errno);
  // One write, so that what others append at the same time stands before or behind it.
  const std::string line = describe(arguments, session);
  const bool written =
      fchmod(file, 0600) == 0 && write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int error = errno;
  close(file);
  return written ? Done() : complaint(error);
}

Result<std::vector<Json>, Complaint> HistoryFile::load() const {
  std::vector<Json> entries;
  if (access(path_.c_str(), F_OK) != 0) return entries;
  const auto text = readInput(path_, kMostBytes);
  if (!text) return text.error();
  for (const std::string_view line : split(*text, '\n')) {
    auto entry = Json::parse(line);
    if (entry && entry->object()) entries.push_back(*std::move(entry));  // a line that was cut off is none
  }
  return entries;
}

Done HistoryFile::clear() const {
  return unlink(path_.c_str()) == 0 || errno == ENOENT ? Done() : complaint(errno);
}

Complaint HistoryFile::complaint(int error) const {
  return {ExitCode::machine, "cannot write " + path_ + ": " + std::strerror(error),
          "check the rights of the folder, or leave --history out"};
}

}  // namespace tigress::cli
