#pragma once

#include <optional>

#include "server/dav/call.h"

namespace tigress::dav {

/// The 404 of a share that was never made, was deleted or has expired; its sender is told which.
share::Refusal noSuchShare(const Call& call);

/// A 412 if If (RFC 4918 section 10.4) or a condition of HTTP (share::failedPrecondition) failed; nothing if
/// the request may go on.
std::optional<share::Refusal> failedPrecondition(const Call& call);

/// Whether a GET or HEAD that may go on is for what its sender has: 304.
bool isNotModified(const Call& call);

/// A 423 with DAV:lock-token-submitted if a lock stands in the way (RFC 4918 section 7).
std::optional<share::Refusal> blockedByLock(const Call& call, share::Write write);

/// Whether If-Range (RFC 9110 section 13.1.5) lets a Range header count.
bool ifRangeHolds(const Call& call);

}  // namespace tigress::dav
