#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "server/admission/bearer_tokens.h"

namespace tigress::relay {

/// The file of tokens that may create shares, as a running relay sees it.
class TokenFile {
 public:
  /// `onError` is told when the file cannot be read any more. Throws std::runtime_error if it cannot be read
  /// now; a file that is not there holds no tokens.
  TokenFile(std::string path, std::function<void(const std::string&)> onError);

  /// The tokens of this moment: the file is read again when it is another one than before. While it cannot
  /// be read, those it held last. Any thread.
  std::shared_ptr<const admission::BearerTokens> tokens();

 private:
  // What tells one state of the file from the next. Replaced files differ in the inode, edited ones in time
  // or size.
  struct Version {
    bool there = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified = 0;  // nanoseconds
    bool operator==(const Version& other) const;
  };
  static Version versionOf(const std::string& path);

  const std::string path_;
  const std::function<void(const std::string&)> onError_;
  std::mutex mutex_;
  Version version_;
  std::shared_ptr<const admission::BearerTokens> tokens_;
};

/// Reads the file, lets `edit` change the tokens, and puts a new file (mode 0600) in the place of the old one
/// in one step; editors wait for each other. `edit` gives an error to leave all as it was.
Result<void, ParseError> editTokenFile(
    const std::string& path,
    const std::function<Result<void, ParseError>(admission::BearerTokens& tokens)>& edit);

/// The tokens in the file; none if it is not there.
Result<admission::BearerTokens> readTokenFile(const std::string& path);

}  // namespace tigress::relay
