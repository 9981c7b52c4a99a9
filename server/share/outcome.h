#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/share/share.h"
#include "tigress/http_message.h"

namespace tigress::share {

/// The record a handler wants in place of the one it was given. Nothing is changed by saying so: the
/// relay commits it if the stored version is still the expected one, and otherwise asks again.
struct Change {
  Uuid id;
  std::uint64_t expected = 0;  ///< version it was worked out from; 0: there must be none
  std::optional<Share> next;   ///< nothing: erase

  static Change write(Share next) { return {next.id, next.version, std::move(next)}; }
  static Change erase(const Share& share) { return {share.id, share.version, std::nullopt}; }
};

/// Where there must be no record, one whose time is up is none, though the cleanup has not come to it: the
/// change takes its place. `stored` is what the store has under the identifier the request names, or null.
void takePlaceOfExpired(Change& change, const SharePointer& stored, TimePoint now);

/// Who need not be told of a change, because it made the change itself.
struct Spared {
  Party party = Party::stranger;         ///< of a claimed share: its sender or its receiver
  bool everyone = false;                 ///< whoever it is
  std::vector<Uuid> registrations = {};  ///< or those
};

/// The answer may wait: ask again when the share changed or the time is up.
struct Wait {
  Uuid id;
  std::chrono::seconds longest;
};

/// All that is to follow from a request. An answer leaves only after its change is committed.
struct Outcome {
  Response response;
  std::optional<Change> change = std::nullopt;
  std::optional<Change> receipt = std::nullopt;  ///< committed before the change
  std::optional<Wait> wait = std::nullopt;
  Spared spared = {};
};

/// Why a request is refused; a closed set, each with one status.
enum class RefusalCode {
  malformed,             ///< 400
  unauthorized,          ///< 401, with WWW-Authenticate: Mailbox-Device-Claim
  forbidden,             ///< 403
  notFound,              ///< 404
  methodNotAllowed,      ///< 405
  conflict,              ///< 409
  preconditionFailed,    ///< 412
  contentTooLarge,       ///< 413
  unsupportedMediaType,  ///< 415
  unprocessable,         ///< 422
  locked,                ///< 423
  tooManyRequests,       ///< 429
  notImplemented,        ///< 501
  unavailable,           ///< 503
  insufficientStorage,   ///< 507
};

/// The status of a refusal. The only place that maps them.
int statusOf(RefusalCode code);

/// A peer's mistake. `detail` says what was wrong and what to do; no secret, token, identifier or content.
struct Refusal {
  RefusalCode code;
  std::string detail;
  /// A precondition element of RFC 4918 section 16 without its prefix; empty for a problem document.
  std::string condition = {};
  std::vector<std::string> hrefs = {};    ///< inside the condition
  std::string wrapper = {};               ///< element around each href, or empty
  std::string_view type = "about:blank";  ///< of the problem document: what a program tells refusals apart by
  std::string_view state = {};            ///< a member of the problem document, if not empty
};

/// Types of problem documents (RFC 9457 section 3.1.1).
inline constexpr std::string_view kTakenProblem = "urn:tigress:problem:taken-by-another-device";
inline constexpr std::string_view kProofProblem = "urn:tigress:problem:claim-proof";
inline constexpr std::string_view kCreatePolicyProblem = "urn:tigress:problem:create-policy";
inline constexpr std::string_view kRightsProblem = "urn:tigress:problem:access-rights";

/// That there is no room to store anything (507).
Refusal noRoom();

/// DAV:error if there is a condition, else application/problem+json (RFC 9457). With Retry-After for 503 and
/// 507.
Response toResponse(const Refusal& refusal);

/// application/problem+json for a status.
Response problem(int status, std::string detail);

}  // namespace tigress::share
