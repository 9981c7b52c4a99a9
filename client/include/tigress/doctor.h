#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tigress/api.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/share_url.h"

namespace tigress::client {

/// One thing a WebDAV server does or does not do.
struct TIGRESS_API Finding {
  enum class Weight {
    needed,  ///< without it there are no shares
    useful,  ///< transfers work without it, less well
    told,    ///< neither good nor bad: who may do what
  };

  std::string_view check;    ///< its name, for programs
  std::string_view meaning;  ///< for people
  Weight weight;
  std::optional<bool> holds;  ///< nothing if it could not be tried
  std::string detail;         ///< what the server did instead, empty if there is nothing to say
};

/// Tries all that transfers need of a folder, on a share of nothing that is removed at the end; the share
/// expires within the hour, so that `sweep` finds what could not be removed. `anonymous` is a transport
/// without credentials, for what strangers may do. Always gives the same checks in the same order. Fails if
/// there is no connection, or as notAuthorized.
TIGRESS_API Result<std::vector<Finding>, Failure> examine(const Environment& environment,
                                                          Transport& anonymous, const SharePlace& place);

/// Whether all that is needed holds.
TIGRESS_API bool isUsable(const std::vector<Finding>& findings);

}  // namespace tigress::client
