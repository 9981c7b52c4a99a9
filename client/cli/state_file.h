#pragma once

#include <optional>
#include <string>
#include <variant>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/delivery.h"
#include "client/cli/input.h"
#include "client/cli/interruption.h"
#include "tigress/sender.h"

namespace tigress::cli {

/// This machine's end of a share.
struct Transfer {
  client::Session session;
  bool linkDue = false;  ///< its link was not handed out yet
};

/// What a file of --state holds: a transfer, or before there is one a share that is being made.
using Kept = std::variant<client::Creation, Transfer>;

/// The file of --state, or none: then nothing is kept.
class StateFile {
 public:
  explicit StateFile(const Arguments& arguments) : path_(arguments.state) {}

  bool wanted() const { return path_.has_value(); }
  /// Whether there is such a file.
  bool exists() const;

  Result<Kept, Complaint> load(const client::Environment& environment) const;
  /// The same, for commands that make no share: complains if there is none yet.
  Result<client::Session, Complaint> loadSession(const client::Environment& environment) const;

  /// Makes the file, on disk when this returns. Complains if there is one by now: another process is at work
  /// with it.
  Done begin(const client::Creation& creation) const;
  Done begin(const client::Session& session) const;
  /// Keeps it as it is now, on disk when this returns.
  Done keep(const client::Session& session, bool linkDue = false) const;

  /// Removes the file: nothing is left to go on with.
  void forget() const;

 private:
  Done write(const Json& state, Existing existing) const;

  std::optional<std::string> path_;
};

/// This machine's end of a transfer: the one in the file of --state if there is one, else that of a receiver
/// of the link in the arguments, which is kept at once.
Result<client::Session, Complaint> takePart(const Arguments& arguments, LineInput& input, Terminal& terminal,
                                            const client::Environment& environment);

/// While it lives, an interruption gives up the place of a receiver that nothing could go on from: without
/// --state nobody could ever read the share again.
class GivingUpPlace {
 public:
  GivingUpPlace(const Arguments& arguments, Terminal& terminal, const client::Session& session);

 private:
  std::optional<AtInterruption> atInterruption_;
};

}  // namespace tigress::cli
