#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/terminal.h"
#include "tigress/provisioning_information.h"
#include "tigress/share_link.h"

namespace tigress::cli {

/// Lines from a file descriptor, taken as they come.
class LineInput {
 public:
  explicit LineInput(int descriptor) : descriptor_(descriptor) {}

  /// The next line that is not blank, without its end; waits for it. Nothing at the end of the input.
  std::optional<std::string> next();
  /// Whether such a line is already there; does not wait.
  bool hasMore();

 private:
  std::optional<std::string> takeLine();
  bool fill();

  int descriptor_;
  std::string buffer_;
  bool ended_ = false;
};

/// The most bytes a file or a line of messages may have.
inline constexpr std::size_t kMostInput = 1024 * 1024;

/// The bytes of a file, or of stdin for `-`; no more than `most`.
Result<std::string, Complaint> readInput(const std::string& path, std::size_t most = kMostInput);
/// The same of a file with a secret; complains if others may read it. `option` is the one it came with.
Result<std::string, Complaint> readSecretFile(const std::string& path, std::string_view option,
                                              std::size_t most = kMostInput);

/// The text of the first operand, or the first line of `input` if that is `-`. The key of --key-file, or of
/// TIGRESS_KEY, becomes the part behind the #.
Result<std::string, Complaint> readLinkText(const Arguments& arguments, LineInput& input);
/// The share link in it. A person at the terminal is asked for a key that is missing.
Result<client::ShareLink, Complaint> readLink(const Arguments& arguments, LineInput& input,
                                              Terminal& terminal);
/// The same for commands that need no secret: the link may lack its fragment.
Result<ShareUrl, Complaint> readShareUrl(const Arguments& arguments, LineInput& input);

/// One message to send, in the form `format` and `content`, or bare content if --format was given.
Result<client::ProvisioningInformation, Complaint> readInformation(const Arguments& arguments,
                                                                   const std::string& text);

/// The messages of one turn: one object of the form `format` and `content`, or an array of such.
Result<std::vector<client::ProvisioningInformation>, Complaint> readTurn(const Arguments& arguments,
                                                                         const std::string& line);

}  // namespace tigress::cli
