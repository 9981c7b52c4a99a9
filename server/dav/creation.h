#pragma once

#include "server/dav/call.h"

namespace tigress::dav {

/// A refusal for a share the client would have named itself: 409, with where shares are made
/// (DAV:allow-client-defined-uri of RFC 5995 section 4.1).
share::Refusal refuseClientIdentifier(share::RefusalCode code = share::RefusalCode::conflict);

/// The absolute URL of a share's document, under the configured origin.
std::string locationOf(const Call& call, const Uuid& id);

/// When a share made by this call would end, if it asked for nothing else.
TimePoint defaultExpiry(const Call& call);

/// What the answer to a write says about the document: ETag, Sunset.
void describeDocument(const share::Share& share, Response& response);

}  // namespace tigress::dav
