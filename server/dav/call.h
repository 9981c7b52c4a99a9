#pragma once

#include <string>

#include "server/dav/if_header.h"
#include "server/share/claims.h"
#include "server/share/target.h"
#include "tigress/http_message.h"

namespace tigress::dav {

/// One request, seen against the record it is aimed at.
struct Call {
  const Request& request;
  const share::Target& target;
  share::SharePointer share;  ///< live, or null
  share::SharePointer ended;  ///< the tombstone of a claimed share, or null
  bool taken;                 ///< the identifier is a receipt's
  TimePoint now;
  const share::Context& context;
  share::Caller caller;
  share::Party party;                 ///< what the caller is to the share
  std::optional<IfHeader> condition;  ///< the If header
  share::Tokens submitted;            ///< its lock tokens

  /// The resource of the share the request names; collection for targets outside a share.
  share::Member member() const {
    return target.kind == share::Target::Kind::document ? share::Member::document : share::Member::collection;
  }
  /// Whether that resource exists.
  bool isMapped() const;
};

}  // namespace tigress::dav
