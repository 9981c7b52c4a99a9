#pragma once

#include <functional>
#include <optional>
#include <string>

#include "server/share/outcome.h"

// The conditions of HTTP (RFC 9110 section 13), in every dialect.

namespace tigress::share {

/// What the conditions of a request are held against: what it names, as it stands.
struct Validators {
  bool exists = false;
  std::function<std::string()> etag;  ///< strong, with its quotes; gives an empty one where there is none
  std::optional<TimePoint> modified;  ///< nothing: dates hold
};

/// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of section 13.2.2: a 412
/// if one fails; nothing if the request may go on.
std::optional<Refusal> failedPrecondition(const Request& request, const Validators& current);

/// Whether a GET or HEAD that may go on is for what its sender has: 304.
bool isNotModified(const Request& request, const Validators& current);

/// The 412 of a condition that does not hold.
Refusal preconditionFailed();

/// A 400 if the content is a part of a document (RFC 9110 section 14.5), which is no document.
std::optional<Refusal> refusePart(const Request& request);

}  // namespace tigress::share
