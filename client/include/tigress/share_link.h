#pragma once

#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/secret.h"
#include "tigress/share_url.h"

namespace tigress::client {

/// A whole share link: where the share is, and what opens it.
struct TIGRESS_API ShareLink {
  ShareUrl url;
  Secret secret;

  /// A link as it came through a chat, a QR code or a terminal. The failure is linkIncomplete.
  static Result<ShareLink, Failure> parse(std::string_view text);

  /// The link with its secret, for the other device's eyes alone.
  std::string reveal() const;
};

}  // namespace tigress::client
