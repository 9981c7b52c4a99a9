#pragma once

#include <string>

#include "server/share/claims.h"
#include "tigress/result.h"

namespace tigress::share {

/// A share that a POST makes, in either dialect.
struct Created {
  Share share;                         ///< the new record, or the one an earlier request of that id made
  bool repeated = false;               ///< nothing is to be committed
  std::optional<Change> receipt = {};  ///< to be committed before the share, if the request has an id
  std::optional<bool> pushes =
      {};  ///< if a notificationToken came: whether the sender will be told of changes
};

/// Makes a share of a creation document: claimed if the request has a device claim, else open. `standard`
/// are the rights of a claimed share that asks for none. A request whose id and claim made a share before
/// gets that one again, or, if that has ended, a 404 as for any request about it. 422 for a body that is no
/// creation document.
Result<Created, Refusal> createShare(const Context& context, const Caller& caller, std::string_view body,
                                     Rights standard, TimePoint now);

/// When a share made at `now` would end, if nothing else was asked for.
TimePoint defaultExpiry(const Rules& rules, TimePoint now);

/// What the answer to a write says about the document: ETag, Sunset.
void describeDocument(const Share& share, Response& response);

}  // namespace tigress::share
