#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/http_message.h"

namespace tigress::client {

/// Why a transfer could not go on. A closed set: whoever handles a failure handles all of them.
enum class FailureCode {
  linkIncomplete,        ///< not a share link, or one whose secret is missing or cut
  notFoundOrExpired,     ///< never there, removed, or its time is up; the relay does not say which
  takenByAnotherDevice,  ///< another device has this end of the transfer
  overtaken,             ///< the share changed after it was last read: receive, then send on
  stillWaiting,          ///< the other device has not written within the time the caller gave
  wrongKeyOrAltered,     ///< the content does not open; why, only whoever changed it could tell
  replayed,              ///< an old message of the other device came back
  reflected,             ///< this device's own message came back as the other's
  messageMissing,        ///< a message of the other device was dropped
  forked,                ///< the two devices do not have the same history
  previewChanged,        ///< the preview is not the one the other device wrote
  unmarked,              ///< a message without marks from a device that used to mark its messages
  slowDown,              ///< the relay asks to come back later, see Failure::retryAfter
  unreachable,           ///< no connection, or none that can be trusted; the relay saw no request
  answerLost,            ///< the request went out, no answer came: it may have been carried out
  relayFailed,           ///< the relay, or something before it, answered what no relay should
  tooLarge,              ///< more than the relay takes for one share
  refusedByPolicy,       ///< the relay understood and will not do it
  cancelled,             ///< this device broke it off; a request under way may have been carried out
  notAuthorized,         ///< the server wants a user name and password or a token, or other ones
  relayNotAllowed,       ///< the relay is not on the list of those this device may talk to
};

/// A failure and one sentence about it, for people. Never holds a secret, a token, a share identifier or
/// content; text that came from the relay has its control characters taken out.
struct TIGRESS_API Failure {
  FailureCode code;
  std::string detail;
  std::optional<std::chrono::seconds> retryAfter = std::nullopt;  ///< of slowDown, if the relay said
};

/// Whether the same request may fare better later, with nothing changed: slowDown, unreachable, answerLost
/// and relayFailed.
TIGRESS_API bool passes(FailureCode code);

/// What an answer of a relay that is no success means. The only place, with the one below, that maps
/// statuses (RFC 9110 section 15, RFC 4918 section 11) and the types of a relay's problem documents.
TIGRESS_API Failure failureOf(const Response& answer);

/// The same for a WebDAV server that is no relay: what it was asked is in its statuses only. `method` is
/// that of the request.
TIGRESS_API Failure folderFailureOf(const Response& answer, std::string_view method);

}  // namespace tigress::client
