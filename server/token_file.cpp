#include "server/token_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tigress::relay {
namespace {

ParseError systemError(const std::string& what, const std::string& path) {
  return {"cannot " + what + " \"" + path + "\": " + std::strerror(errno)};
}

std::string folderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0;
}

Result<void, ParseError> replaceFile(const std::string& path, std::string_view text, int folder) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkstemp(temporary.data()));  // mode 0600
  if (file.number() < 0) return systemError("write", path);
  const bool written = writeAll(file.number(), text) && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const ParseError error = systemError("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  if (::fsync(folder) != 0) return systemError("write", path);
  return {};
}

}  // namespace

Result<admission::BearerTokens> readTokenFile(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return admission::BearerTokens();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    // An empty file sets the stream's failbit, too.
    if (!file.is_open() || file.bad()) return systemError("read", path);
  }
  auto tokens = admission::readTokens(text.str());
  if (!tokens) return ParseError{"\"" + path + "\", " + tokens.error().detail};
  return tokens;
}

Result<void, ParseError> editTokenFile(
    const std::string& path,
    const std::function<Result<void, ParseError>(admission::BearerTokens& tokens)>& edit) {
  // The folder is locked, not the file: the file is about to be another one.
  const Descriptor folder(::open(folderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0) return systemError("open the folder of", path);
  if (::flock(folder.number(), LOCK_EX) != 0) return systemError("lock the folder of", path);
  auto tokens = readTokenFile(path);
  if (!tokens) return tokens.error();
  if (auto edited = edit(*tokens); !edited) return edited;
  return replaceFile(path, admission::printTokens(*tokens), folder.number());
}

bool TokenFile::Version::operator==(const Version& other) const {
  return there == other.there && device == other.device && inode == other.inode && size == other.size &&
         modified == other.modified;
}

TokenFile::Version TokenFile::versionOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {true, status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1000000000 + status.st_mtim.tv_nsec};
}

TokenFile::TokenFile(std::string path, std::function<void(const std::string&)> onError)
    : path_(std::move(path)), onError_(std::move(onError)), version_(versionOf(path_)) {
  auto read = readTokenFile(path_);
  if (!read) throw std::runtime_error(read.error().detail);
  tokens_ = std::make_shared<const admission::BearerTokens>(std::move(*read));
}

std::shared_ptr<const admission::BearerTokens> TokenFile::tokens() {
  const std::lock_guard<std::mutex> guard(mutex_);
  const Version version = versionOf(path_);  // before the file is read, so that no change is missed
  if (version == version_) return tokens_;
  version_ = version;
  if (auto read = readTokenFile(path_)) {
    tokens_ = std::make_shared<const admission::BearerTokens>(std::move(*read));
  } else {
    onError_(read.error().detail + "; the tokens it held before stay in force");
  }
  return tokens_;
}

}  // namespace tigress::relay
