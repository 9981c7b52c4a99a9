#pragma once

#include "server/dav/call.h"

namespace tigress::dav {

/// A refusal for a share the client would have named itself: 409, with where shares are made
/// (DAV:allow-client-defined-uri of RFC 5995 section 4.1).
share::Refusal refuseClientIdentifier(share::RefusalCode code = share::RefusalCode::conflict);

/// The absolute URL of a share's document, under the configured origin.
std::string locationOf(const Call& call, const Uuid& id);

}  // namespace tigress::dav
