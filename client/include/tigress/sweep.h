#pragma once

#include "tigress/api.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/share_url.h"

namespace tigress::client {

/// What a sweep found in a folder.
struct TIGRESS_API Swept {
  int shares = 0;     ///< collections that are shares, expired or not
  int expired = 0;    ///< those of them whose time is up
  int removed = 0;    ///< those of these that are gone now
  int failed = 0;     ///< what could not be looked at or removed; the next sweep may
  int strangers = 0;  ///< whatever else lies there: left alone
};

/// Removes the expired shares from a folder of a WebDAV server that is no relay; with `remove` false only
/// counts them. A share is a collection whose name is a random UUID in lower case, with the one member
/// share.json, which is a share document with `expiration`. It is expired if that is past by this device's
/// clock and by the server's (Date). Fails if the folder cannot be listed, or the connection goes.
TIGRESS_API Result<Swept, Failure> sweep(const Environment& environment, const SharePlace& place,
                                         bool remove);

}  // namespace tigress::client
