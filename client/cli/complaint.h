#pragma once

#include <string>

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

/// Why a command ends without its result, and what its user may do about it.
struct Complaint {
  ExitCode code;
  std::string message;
  std::string hint;
};

/// What a command gives when it is done.
using Done = Result<void, Complaint>;

Complaint usageComplaint(std::string message, std::string hint = "see tigress --help");
Complaint complaintOf(const client::Failure& failure);

}  // namespace tigress::cli
