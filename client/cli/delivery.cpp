#include "client/cli/delivery.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace tigress::cli {
namespace {

namespace fs = std::filesystem;

bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return fsync(file) == 0 || errno == EINVAL || errno == EROFS;  // pipes and devices have nothing to flush
}

/// Closes what it was given.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// What is neither a file nor to become one: a terminal, a pipe, a device.
bool isSpecial(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

bool writeSpecial(const std::string& path, std::string_view bytes) {
  const OpenFile file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  return file.get() >= 0 && writeAll(file.get(), bytes);
}

// A new file beside another one, for this process alone as long as it is open. One that an interrupted write
// has left behind is taken over; one of somebody else's is not.
int openBeside(const std::string& path) {
  for (;;) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0) return -1;
    struct stat opened {};
    struct stat named {};
    const bool locked = flock(file, LOCK_EX) == 0 && fstat(file, &opened) == 0;
    const bool ours = locked && S_ISREG(opened.st_mode) && opened.st_uid == geteuid();
    const bool still = ours && lstat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
                       named.st_dev == opened.st_dev;
    if (still && fchmod(file, 0600) == 0 && ftruncate(file, 0) == 0) return file;
    const int error = ours ? errno : EEXIST;
    close(file);
    if (still || !ours) {
      errno = error;
      return -1;
    }
  }
}

bool moveTo(const std::string& from, const std::string& to, Existing existing) {
  if (existing == Existing::replaced) return std::rename(from.c_str(), to.c_str()) == 0;
  return link(from.c_str(), to.c_str()) == 0 && unlink(from.c_str()) == 0;
}

// A name is on disk when its folder is.
bool flushFolder(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  const OpenFile file(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.get() >= 0 && (fsync(file.get()) == 0 || errno == EINVAL);
}

bool writeRegular(const std::string& path, std::string_view bytes, Existing existing) {
  const std::string beside = path + ".new";
  const OpenFile file(openBeside(beside));
  if (file.get() < 0) return false;
  if (writeAll(file.get(), bytes) && moveTo(beside, path, existing)) return flushFolder(path);
  const int error = errno;
  unlink(beside.c_str());
  errno = error;
  return false;
}

}  // namespace

Done deliver(const Arguments& arguments, Terminal& terminal, const std::vector<Report>& reports) {
  const bool toFile = arguments.output && *arguments.output != "-";
  std::string text;
  for (const Report& report : reports) {
    if (!toFile) {
      if (auto told = terminal.tell(report); !told) return told;
    }
    text += (arguments.json ? report.json.dump() : report.text) + "\n";
  }
  if (!toFile) return {};
  if (auto written = writeFile(*arguments.output, text, "-o"); !written) return written;
  for (const Report& report : reports) terminal.event(report.event);
  return {};
}

std::string namedFile(const std::string& path) {
  constexpr int kMostLinks = 40;
  fs::path file = path;
  std::error_code error;
  for (int links = 0; links < kMostLinks && fs::is_symlink(file, error); ++links) {
    const fs::path next = fs::read_symlink(file, error);
    file = next.is_absolute() ? next : file.parent_path() / next;
  }
  return file.string();
}

Done writeFile(const std::string& path, std::string_view bytes, std::string_view option, Existing existing) {
  const bool written =
      isSpecial(path) ? writeSpecial(path, bytes) : writeRegular(namedFile(path), bytes, existing);
  if (written) return {};
  return Complaint{ExitCode::machine, "cannot write " + path + ": " + std::strerror(errno),
                   "give " + std::string(option) + " a file in a directory you may write to"};
}

}  // namespace tigress::cli
