#pragma once

#include <string>
#include <vector>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "tigress/json.h"
#include "tigress/session.h"

namespace tigress::cli {

/// The list of what was sent, kept only for those who ask for it: `history` in the folder `tigress` of
/// $XDG_STATE_HOME or ~/.local/state, mode 0600, one JSON object on a line. It never has a key: nobody can
/// open anything with it, and who wants to go on has the file of --state.
class HistoryFile {
 public:
  /// Complains if there is no folder for it.
  static Result<HistoryFile, Complaint> open();

  /// Puts one more share at the end.
  Done append(const Arguments& arguments, const client::Session& session) const;
  /// All of them, the oldest first.
  Result<std::vector<Json>, Complaint> load() const;
  /// Removes the list.
  Done clear() const;

 private:
  explicit HistoryFile(std::string path) : path_(std::move(path)) {}
  Complaint complaint(int error) const;

  std::string path_;
};

}  // namespace tigress::cli
