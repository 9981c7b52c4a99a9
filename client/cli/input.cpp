#include "client/cli/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/text.h"

namespace tigress::cli {
namespace {

bool isBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

bool othersMayRead(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077U) != 0;
}

std::string withKey(const std::string& link, std::string_view key) {
  return std::string(trimmed(link.substr(0, link.find('#')))) + "#" + std::string(trimmed(key));
}

// The key that came apart from its link; empty if none did.
Result<std::string, Complaint> readKey(const Arguments& arguments, LineInput& input) {
  if (!arguments.keyFile) {
    const char* key = std::getenv("TIGRESS_KEY");
    return std::string(key ? key : "");
  }
  auto text = *arguments.keyFile == "-" ? Result<std::string, Complaint>(input.next().value_or(std::string()))
                                        : readSecretFile(*arguments.keyFile, "--key-file");
  if (!text) return text.error();
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (!text->empty()) return text;
  return usageComplaint("--key-file: there is no key", "give the line that the sender's --split printed");
}

}  // namespace

std::optional<std::string> LineInput::next() {
  for (;;) {
    if (auto line = takeLine()) {
      if (!isBlank(*line)) return line;
    } else if (ended_ || !fill()) {
      return std::nullopt;
    }
  }
}

bool LineInput::hasMore() {
  while (isBlank(buffer_) && !ended_) {
    pollfd ready{descriptor_, POLLIN, 0};
    if (poll(&ready, 1, 0) <= 0) return false;
    fill();
  }
  return !isBlank(buffer_);
}

std::optional<std::string> LineInput::takeLine() {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos && (!ended_ || buffer_.empty())) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

// Whether there may be another line now.
bool LineInput::fill() {
  char part[16 * 1024];
  ssize_t count = 0;
  do {
    count = read(descriptor_, part, sizeof part);
  } while (count < 0 && errno == EINTR);
  if (count > 0) buffer_.append(part, static_cast<std::size_t>(count));
  if (count <= 0 || buffer_.size() > kMostInput) ended_ = true;
  return !buffer_.empty();
}

Result<std::string, Complaint> readInput(const std::string& path, std::size_t most) {
  const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string bytes;
  char part[16 * 1024];
  ssize_t count = file < 0 ? -1 : 1;
  while (count > 0 && bytes.size() <= most) {
    count = read(file, part, sizeof part);
    if (count > 0) bytes.append(part, static_cast<std::size_t>(count));
  }
  const int error = errno;
  if (file > STDIN_FILENO) close(file);
  if (count < 0) {
    return usageComplaint("cannot read " + path + ": " + std::strerror(error),
                          "give a readable file, or - for stdin");
  }
  if (bytes.size() > most) {
    return usageComplaint(path + " is longer than any share can be",
                          "send what is needed to get the credential");
  }
  return bytes;
}

Result<std::string, Complaint> readSecretFile(const std::string& path, std::string_view option,
                                              std::size_t most) {
  if (othersMayRead(path)) {
    return usageComplaint(std::string(option) + ": others on this machine may read the file",
                          "make it yours alone: chmod 600 FILE");
  }
  return readInput(path, most);
}

Result<std::string, Complaint> readLinkText(const Arguments& arguments, LineInput& input) {
  std::string text = arguments.operands.front();
  if (text == "-") {
    auto line = input.next();
    if (!line) return usageComplaint("no link came from stdin", "pipe the link in as one line");
    text = *std::move(line);
  }
  const bool whole = !trimmed(fragmentOf(text)).empty();
  if (whole && arguments.keyFile) {
    return usageComplaint("--key-file: the link has its key already", "leave one of them out");
  }
  if (whole) return text;
  const auto key = readKey(arguments, input);
  if (!key) return key.error();
  return key->empty() ? text : withKey(text, *key);
}

Result<client::ShareLink, Complaint> readLink(const Arguments& arguments, LineInput& input,
                                              Terminal& terminal) {
  const auto text = readLinkText(arguments, input);
  if (!text) return text.error();
  auto link = client::ShareLink::parse(*text);
  if (!link && parseShareUrl(*text) && fragmentOf(*text).empty()) {
    if (const auto key = terminal.ask("Key of the link:", true)) {
      link = client::ShareLink::parse(withKey(*text, *key));
    }
  }
  if (!link) return complaintOf(link.error());
  return *std::move(link);
}

Result<ShareUrl, Complaint> readShareUrl(const Arguments& arguments, LineInput& input) {
  const auto text = readLinkText(arguments, input);
  if (!text) return text.error();
  const auto url = parseShareUrl(*text);
  if (!url) return complaintOf({client::FailureCode::linkIncomplete, url.error().detail});
  return *url;
}

Result<client::ProvisioningInformation, Complaint> readInformation(const Arguments& arguments,
                                                                   const std::string& text) {
  auto information = arguments.format ? client::ProvisioningInformation::wrap(*arguments.format, text)
                                      : client::ProvisioningInformation::parse(text);
  if (information) return *std::move(information);
  return usageComplaint(
      "this is not provisioning information: " + information.error().detail,
      arguments.format ? "give a JSON object" : "for a bare JSON object give --format NAME");
}

Result<std::vector<client::ProvisioningInformation>, Complaint> readTurn(const Arguments& arguments,
                                                                         const std::string& line) {
  const auto json = Json::parse(line, client::ProvisioningInformation::kDepth + 1);
  if (json && json->array()) {
    constexpr auto kForm = "give one message, or several as [{\"format\": …}, {\"format\": …}]";
    if (json->array()->empty()) return usageComplaint("this turn has no message: the array is empty", kForm);
    auto messages = client::messagesFrom(*json);
    if (!messages) return usageComplaint(messages.error().detail, kForm);
    return *std::move(messages);
  }
  auto information = readInformation(arguments, line);
  if (!information) return information.error();
  return std::vector{*std::move(information)};
}

}  // namespace tigress::cli
