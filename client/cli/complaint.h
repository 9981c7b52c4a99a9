#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tigress/failure.h"
#include "tigress/result.h"

namespace tigress::cli {

/// What a shell sees.
enum class ExitCode {
  ok = 0,
  machine = 1,  ///< this machine: a full disk, a closed pipe
  usage = 2,    ///< wrong arguments, an unreadable file, an incomplete link
  notFoundOrExpired = 3,
  takenByAnotherDevice = 4,
  wrongKeyOrAltered = 5,  ///< altered content, and every other trick of a relay
  slowDown = 6,
  network = 7,  ///< no connection, no trust in it, no sensible answer
  refusedByPolicy = 8,
};

/// One row of the table of exit statuses.
struct ExitStatus {
  ExitCode code;
  std::string_view name;     ///< for programs
  std::string_view meaning;  ///< for the help
};

/// Every exit status, from 0 on without a gap.
const std::vector<ExitStatus>& exitStatuses();

/// Why a command ends without its result, and what its user may do about it.
struct Complaint {
  ExitCode code;
  std::string message;
  std::string hint;
  std::string_view name = {};  ///< for programs; empty: that of the exit status
};

/// What a command gives when it is done.
using Done = Result<void, Complaint>;

Complaint usageComplaint(std::string message, std::string hint = "see tigress --help");
Complaint complaintOf(const client::Failure& failure);
/// Every name that a complaint may have for programs, without repetition.
std::vector<std::string_view> errorCodes();
/// The name of a failure, for programs.
std::string_view nameOf(client::FailureCode code);

}  // namespace tigress::cli
