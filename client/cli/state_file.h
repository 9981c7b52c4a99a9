#pragma once

#include <optional>
#include <string>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/input.h"
#include "tigress/session.h"

namespace tigress::cli {

/// The file of --state, or none: then nothing is kept.
class StateFile {
 public:
  explicit StateFile(const Arguments& arguments) : path_(arguments.state) {}

  bool wanted() const { return path_.has_value(); }
  /// Whether there is such a file.
  bool exists() const;

  /// The transfer in the file.
  Result<client::Session, Complaint> load(client::Transport& transport) const;

  /// Keeps the session as it is now, on disk when this returns.
  Done keep(const client::Session& session) const;

 private:
  std::optional<std::string> path_;
};

/// This machine's end of a transfer: the one in the file of --state if there is one, else that of a receiver
/// of the link in the arguments, which is kept at once.
Result<client::Session, Complaint> takePart(const Arguments& arguments, LineInput& input,
                                            client::Transport& transport);

/// A complaint if the file of --state is another transfer's already.
Done refuseToOverwrite(const StateFile& file);

}  // namespace tigress::cli
