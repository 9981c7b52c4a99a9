#pragma once

#include <optional>

#include "server/share/context.h"
#include "server/share/outcome.h"
#include "server/share/target.h"

namespace tigress::dav {

/// The WebDAV dialect: a request, the record it is aimed at (as of now, or null) and the time give an
/// outcome. A plain function: nothing is read or written but the records that tags of an If header name.
share::Outcome answer(const share::Context& context, const share::Target& target, share::SharePointer share,
                      const Request& request, TimePoint now);

/// What can be said from the request's head alone, for a peer that waits with its body
/// (`Expect: 100-continue`) or announced one that is too large: a refusal, or the 307 of a PUT that asks
/// for an identifier. Nothing if the body decides.
std::optional<share::Outcome> answerToHead(const share::Context& context, const share::Target& target,
                                           share::SharePointer share, const Request& head, TimePoint now);

}  // namespace tigress::dav
