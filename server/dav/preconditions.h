#pragma once

#include <optional>

#include "server/dav/call.h"

namespace tigress::dav {

enum class Verdict { proceed, notModified, failed };

/// All conditions of a request: If (RFC 4918 section 10.4), If-Match, If-Unmodified-Since, If-None-Match,
/// If-Modified-Since in the order of RFC 9110 section 13.2.2. All must hold. `notModified` for GET and HEAD
/// only.
Verdict evaluatePreconditions(const Call& call);

/// The 404 of a share that was never made, was deleted or has expired; its sender is told which.
share::Refusal noSuchShare(const Call& call);

/// A 412 if a condition failed; nothing if the request may go on. For methods other than GET and HEAD.
std::optional<share::Refusal> failedPrecondition(const Call& call);

/// A 423 with DAV:lock-token-submitted if a lock stands in the way (RFC 4918 section 7).
std::optional<share::Refusal> blockedByLock(const Call& call, share::Write write);

/// Whether If-Range (RFC 9110 section 13.1.5) lets a Range header count.
bool ifRangeHolds(const Call& call);

}  // namespace tigress::dav
