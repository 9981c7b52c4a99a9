#pragma once

#include <string>

#include "server/share/claims.h"

namespace tigress::dav {

/// How far a share has come, as it stands on its collection: what a device may wait for that has no use for
/// the content, or may not see it.
struct ShareStatus {
  std::string etag;  ///< strong; the same status has the same tag, as it has the same bytes
  std::string body;  ///< JSON
};

/// `state` (share::stateOf, or "open"), `expiration` (RFC 3339) and, for those who may read the document,
/// `etag`, the document's.
ShareStatus statusOf(const share::Share& share, share::Party party);

}  // namespace tigress::dav
