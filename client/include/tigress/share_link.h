#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/share_link.h"
#include "tigress/failure.h"
#include "tigress/secret.h"

namespace tigress::client {

/// A whole share link: where the share is, and what opens it.
struct ShareLink {
  ShareUrl url;
  Secret secret;

  /// A link as it came through a chat, a QR code or a terminal. The failure is linkIncomplete.
  static Result<ShareLink, Failure> parse(std::string_view text);

  /// The link with its secret, for the other device's eyes alone.
  std::string reveal() const;
};

}  // namespace tigress::client
