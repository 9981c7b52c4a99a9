#include "client/cli/complaint.h"

#include <algorithm>

namespace tigress::cli {
namespace {

using client::FailureCode;

// What the command line makes of a failure of libtigress.
struct Row {
  FailureCode failure;
  std::string_view name;
  ExitCode exit;
  std::string_view hint;
};

constexpr std::string_view kDistrust =
    "do not use what was received; start again with a new link, on another relay if it happens twice";

constexpr Row kRows[] = {
    {FailureCode::linkIncomplete, "linkIncomplete", ExitCode::usage,
     "copy the whole link, from https:// to the last character behind the #, and quote it in a shell"},
    {FailureCode::notFoundOrExpired, "notFoundOrExpired", ExitCode::notFoundOrExpired,
     "ask for a new link: shares end when they are received, cancelled, or a day old"},
    {FailureCode::takenByAnotherDevice, "takenByAnotherDevice", ExitCode::takenByAnotherDevice,
     "if that device is not yours, tell the sender that the link has leaked"},
    {FailureCode::overtaken, "overtaken", ExitCode::takenByAnotherDevice,
     "start the exchange again with a new link"},
    {FailureCode::stillWaiting, "stillWaiting", ExitCode::notFoundOrExpired,
     "try again when the other device has answered"},
    {FailureCode::wrongKeyOrAltered, "wrongKeyOrAltered", ExitCode::wrongKeyOrAltered,
     "check that the link was copied unchanged; if it was, ask for a new one"},
    {FailureCode::replayed, "replayed", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::reflected, "reflected", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::messageMissing, "messageMissing", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::forked, "forked", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::previewChanged, "previewChanged", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::unmarked, "unmarked", ExitCode::wrongKeyOrAltered, kDistrust},
    {FailureCode::slowDown, "slowDown", ExitCode::slowDown, "try again in a minute"},
    {FailureCode::unreachable, "unreachable", ExitCode::network,
     "check the network and the address; for a relay with a certificate of its own give --ca-file"},
    {FailureCode::answerLost, "answerLost", ExitCode::network,
     "try again; the request may have been carried out"},
    {FailureCode::relayFailed, "relayFailed", ExitCode::network,
     "check that the address is that of a relay, or try again later"},
    {FailureCode::tooLarge, "tooLarge", ExitCode::refusedByPolicy,
     "give less at once: all messages of a turn, and those not yet answered, go together"},
    {FailureCode::refusedByPolicy, "refusedByPolicy", ExitCode::refusedByPolicy,
     "change what the relay objects to, or use another relay"},
    {FailureCode::cancelled, "cancelled", ExitCode::machine,
     "try again; with --state the transfer goes on where it was"},
    {FailureCode::notAuthorized, "notAuthorized", ExitCode::refusedByPolicy,
     "give a line for this server in --credentials FILE or in TIGRESS_CREDENTIALS"},
    {FailureCode::relayNotAllowed, "relayNotAllowed", ExitCode::refusedByPolicy,
     "if you trust it, name it in --allow or in TIGRESS_ALLOW"},
};

// The rows stand in the order of FailureCode, and none is missing.
constexpr bool isComplete() {
  std::size_t i = 0;
  for (const Row& row : kRows) {
    if (static_cast<std::size_t>(row.failure) != i++) return false;
  }
  return i == static_cast<std::size_t>(FailureCode::relayNotAllowed) + 1;
}
static_assert(isComplete());

const Row& rowOf(FailureCode code) {
  return kRows[static_cast<std::size_t>(code)];
}

}  // namespace

const std::vector<ExitStatus>& exitStatuses() {
  static const std::vector<ExitStatus> table = {
      {ExitCode::ok, "ok", "done"},
      {ExitCode::machine, "machine", "this machine failed"},
      {ExitCode::usage, "usage", "wrong usage"},
      {ExitCode::notFoundOrExpired, "notFoundOrExpired", "not found or expired"},
      {ExitCode::takenByAnotherDevice, "takenByAnotherDevice", "taken by another device"},
      {ExitCode::wrongKeyOrAltered, "wrongKeyOrAltered", "wrong key or altered content"},
      {ExitCode::slowDown, "slowDown", "told to slow down"},
      {ExitCode::network, "network", "network or TLS"},
      {ExitCode::refusedByPolicy, "refusedByPolicy", "refused by the relay's policy"},
  };
  return table;
}

Complaint usageComplaint(std::string message, std::string hint) {
  return {ExitCode::usage, std::move(message), std::move(hint)};
}

Complaint complaintOf(const client::Failure& failure) {
  const Row& row = rowOf(failure.code);
  std::string hint(row.hint);
  if (failure.retryAfter) hint = "try again in " + std::to_string(failure.retryAfter->count()) + " seconds";
  return {row.exit, failure.detail, std::move(hint), row.name};
}

std::vector<std::string_view> errorCodes() {
  std::vector<std::string_view> names;
  for (const ExitStatus& status : exitStatuses()) {
    if (status.code != ExitCode::ok) names.push_back(status.name);
  }
  for (const Row& row : kRows) {
    if (std::find(names.begin(), names.end(), row.name) == names.end()) names.push_back(row.name);
  }
  return names;
}

std::string_view nameOf(FailureCode code) {
  return rowOf(code).name;
}

}  // namespace tigress::cli
