#include "tigress/failure.h"

#include <algorithm>

#include "common/text.h"
#include "tigress/envelope.h"
#include "tigress/json.h"

namespace tigress::client {
namespace {

constexpr std::size_t kLongestDetail = 300;
constexpr std::uint64_t kLongestDelay = 24 * 60 * 60;

constexpr std::string_view kProofProblem = "urn:tigress:problem:claim-proof";
constexpr std::string_view kCreatePolicyProblem = "urn:tigress:problem:create-policy";
constexpr std::string_view kRightsProblem = "urn:tigress:problem:access-rights";

// The problem document in an answer (RFC 9457), or null.
Json problemIn(const Response& answer) {
  if (!startsWith(answer.headers.get("Content-Type"), "application/problem+json")) return {};
  auto problem = Json::parse(answer.body);
  return problem ? *std::move(problem) : Json();
}

FailureCode codeOf(int status, const Json& problem) {
  if (const std::string* type = problem.findString("type")) {
    if (*type == kProofProblem) return FailureCode::wrongKeyOrAltered;
    if (*type == kCreatePolicyProblem || *type == kRightsProblem) return FailureCode::refusedByPolicy;
  }
  switch (status) {
    case 404:
    case 410:
      return FailureCode::notFoundOrExpired;
    case 401:
    case 409:
      return FailureCode::takenByAnotherDevice;
    case 412:
      return FailureCode::overtaken;
    case 413:
      return FailureCode::tooLarge;
    case 429:
    case 503:
      return FailureCode::slowDown;
    default:
      return status >= 400 && status < 500 ? FailureCode::refusedByPolicy : FailureCode::relayFailed;
  }
}

// The relay's own words. A relay may be hostile and the text ends on a terminal, so it is cut and freed of
// control characters.
std::string explanationIn(const Json& problem) {
  const std::string* detail = problem.findString("detail");
  if (!detail) return {};
  std::string text = detail->substr(0, kLongestDetail);
  while (!isUtf8(text)) text.pop_back();
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
      ' ');
  return text;
}

std::optional<std::chrono::seconds> retryAfterIn(const Response& answer) {
  const auto seconds = parseUnsigned(answer.headers.get("Retry-After"), kLongestDelay);
  return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

std::string summaryOf(FailureCode code, int status) {
  switch (code) {
    case FailureCode::notFoundOrExpired:
      return "there is no such share, or it has expired";
    case FailureCode::takenByAnotherDevice:
      return "another device has taken this share";
    case FailureCode::overtaken:
      return "the share has changed since it was read";
    case FailureCode::slowDown:
      return "the relay is busy and asks to come back later";
    case FailureCode::tooLarge:
      return "this is more than the relay takes for one share";
    case FailureCode::refusedByPolicy:
      return "the relay refused the request with status " + std::to_string(status);
    case FailureCode::wrongKeyOrAltered:
      return wrongKeyOrAltered().detail;
    case FailureCode::linkIncomplete:
    case FailureCode::stillWaiting:
    case FailureCode::replayed:
    case FailureCode::reflected:
    case FailureCode::messageMissing:
    case FailureCode::forked:
    case FailureCode::previewChanged:
    case FailureCode::unmarked:
    case FailureCode::unreachable:
    case FailureCode::answerLost:
    case FailureCode::relayFailed:
    case FailureCode::cancelled:
    case FailureCode::notAuthorized:
    case FailureCode::relayNotAllowed:
      break;
  }
  return "the relay answered with status " + std::to_string(status);
}

}  // namespace

bool passes(FailureCode code) {
  switch (code) {
    case FailureCode::slowDown:
    case FailureCode::unreachable:
    case FailureCode::answerLost:
    case FailureCode::relayFailed:
      return true;
    case FailureCode::linkIncomplete:
    case FailureCode::notFoundOrExpired:
    case FailureCode::takenByAnotherDevice:
    case FailureCode::overtaken:
    case FailureCode::stillWaiting:
    case FailureCode::wrongKeyOrAltered:
    case FailureCode::replayed:
    case FailureCode::reflected:
    case FailureCode::messageMissing:
    case FailureCode::forked:
    case FailureCode::previewChanged:
    case FailureCode::unmarked:
    case FailureCode::tooLarge:
    case FailureCode::refusedByPolicy:
    case FailureCode::cancelled:
    case FailureCode::notAuthorized:
    case FailureCode::relayNotAllowed:
      return false;
  }
  return false;
}

Failure failureOf(const Response& answer) {
  const Json problem = problemIn(answer);
  Failure failure{codeOf(answer.status, problem), {}};
  failure.detail = summaryOf(failure.code, answer.status);
  // Here a relay has nothing to add.
  const bool plain = failure.code == FailureCode::notFoundOrExpired ||
                     failure.code == FailureCode::overtaken || failure.code == FailureCode::wrongKeyOrAltered;
  if (const std::string explanation = explanationIn(problem); !explanation.empty() && !plain) {
    failure.detail += " (it says: " + explanation + ")";
  }
  if (failure.code == FailureCode::slowDown) failure.retryAfter = retryAfterIn(answer);
  return failure;
}

Failure folderFailureOf(const Response& answer, std::string_view method) {
  const std::string status = " (status " + std::to_string(answer.status) + ")";
  switch (answer.status) {
    case 401:
      return {FailureCode::notAuthorized, "the server wants a user name and password, or a token"};
    case 403:
      return {FailureCode::refusedByPolicy, "the server forbids " + std::string(method) + status};
    case 404:
    case 410:
      return {FailureCode::notFoundOrExpired, "there is no such share, or it has expired"};
    case 405:
    case 501:
      return {FailureCode::refusedByPolicy, "the server does not know " + std::string(method) + status};
    case 409:
      return {FailureCode::refusedByPolicy, "the folder is not there" + status};
    case 412:
      return {FailureCode::overtaken, "the share has changed since it was read"};
    case 413:
      return {FailureCode::tooLarge, "this is more than the server takes" + status};
    case 423:
      return {FailureCode::slowDown, "the share is locked: the other device is writing, or it is final"};
    case 429:
    case 503: {
      return {FailureCode::slowDown, "the server is busy and asks to come back later", retryAfterIn(answer)};
    }
    case 507:
      return {FailureCode::refusedByPolicy, "the server has no room left" + status};
    default:
      break;
  }
  if (answer.status >= 300 && answer.status < 400) {
    return {FailureCode::relayFailed,
            "the server redirects to another address, which is not followed" + status};
  }
  if (answer.status >= 400 && answer.status < 500) {
    return {FailureCode::refusedByPolicy, "the server refused " + std::string(method) + status};
  }
  return {FailureCode::relayFailed, "the server answered with status " + std::to_string(answer.status)};
}

}  // namespace tigress::client
