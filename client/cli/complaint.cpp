#include "client/cli/complaint.h"

namespace tigress::cli {
namespace {

using client::FailureCode;

ExitCode exitCodeOf(FailureCode code) {
  switch (code) {
    case FailureCode::linkIncomplete:
      return ExitCode::usage;
    case FailureCode::notFoundOrExpired:
    case FailureCode::stillWaiting:
      return ExitCode::notFoundOrExpired;
    case FailureCode::takenByAnotherDevice:
    case FailureCode::overtaken:
      return ExitCode::takenByAnotherDevice;
    case FailureCode::wrongKeyOrAltered:
    case FailureCode::replayed:
    case FailureCode::reflected:
    case FailureCode::messageMissing:
    case FailureCode::forked:
    case FailureCode::previewChanged:
    case FailureCode::unmarked:
      return ExitCode::wrongKeyOrAltered;
    case FailureCode::slowDown:
      return ExitCode::slowDown;
    case FailureCode::unreachable:
    case FailureCode::answerLost:
    case FailureCode::relayFailed:
      return ExitCode::network;
    case FailureCode::tooLarge:
    case FailureCode::refusedByPolicy:
    case FailureCode::notAuthorized:
    case FailureCode::relayNotAllowed:
      return ExitCode::refusedByPolicy;
    case FailureCode::cancelled:
      return ExitCode::machine;
  }
  return ExitCode::machine;
}

std::string hintFor(const client::Failure& failure) {
  switch (failure.code) {
    case FailureCode::linkIncomplete:
      return "copy the whole link, from https:// to the last character behind the #, and quote it in a shell";
    case FailureCode::notFoundOrExpired:
      return "ask for a new link: shares end when they are received, cancelled, or a day old";
    case FailureCode::stillWaiting:
      return "try again when the other device has answered";
    case FailureCode::takenByAnotherDevice:
      return "if that device is not yours, tell the sender that the link has leaked";
    case FailureCode::overtaken:
      return "start the exchange again with a new link";
    case FailureCode::wrongKeyOrAltered:
      return "check that the link was copied unchanged; if it was, ask for a new one";
    case FailureCode::replayed:
    case FailureCode::reflected:
    case FailureCode::messageMissing:
    case FailureCode::forked:
    case FailureCode::previewChanged:
    case FailureCode::unmarked:
      return "do not use what was received; start again with a new link, on another relay if it happens "
             "twice";
    case FailureCode::slowDown:
      return failure.retryAfter ? "try again in " + std::to_string(failure.retryAfter->count()) + " seconds"
                                : "try again in a minute";
    case FailureCode::unreachable:
      return "check the network and the address; for a relay with a certificate of its own give --ca-file";
    case FailureCode::answerLost:
      return "try again; the request may have been carried out";
    case FailureCode::relayFailed:
      return "check that the address is that of a relay, or try again later";
    case FailureCode::tooLarge:
      return "give less at once: all messages of a turn, and those not yet answered, go together";
    case FailureCode::refusedByPolicy:
      return "change what the relay objects to, or use another relay";
    case FailureCode::cancelled:
      return "try again; with --state the transfer goes on where it was";
    case FailureCode::notAuthorized:
      return "give a line for this server in --credentials FILE or in TIGRESS_CREDENTIALS";
    case FailureCode::relayNotAllowed:
      return "if you trust it, name it in --allow or in TIGRESS_ALLOW";
  }
  return {};
}

}  // namespace

Complaint usageComplaint(std::string message, std::string hint) {
  return {ExitCode::usage, std::move(message), std::move(hint)};
}

Complaint complaintOf(const client::Failure& failure) {
  return {exitCodeOf(failure.code), failure.detail, hintFor(failure)};
}

}  // namespace tigress::cli
