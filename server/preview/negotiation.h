#pragma once

#include <string_view>

#include "server/preview/user_agents.h"
#include "tigress/http_message.h"

namespace tigress::preview {

/// The two faces of a share's URL.
enum class Face {
  json,  ///< the share itself, for wallets and WebDAV clients
  page,  ///< the preview, for crawlers and for people
};

/// Both faces, their 304 and their 404 say so: what the answer depended on, and that nobody keeps it.
inline constexpr std::string_view kVary = "Accept, Accept-Language, User-Agent";
inline constexpr std::string_view kCacheControl = "no-store, no-transform";

/// Which face answers a GET or HEAD; the method makes no difference, and there is always an answer
/// (never 406). `query` is what follows the `?`, still percent-encoded. The rule, first hit wins:
///   1. `format=json` or `format=html` in the query; then `Translate: f` or a wallet's header: json.
///   2. Accept (all lines; absent, empty or broken counts as `*/*`): the higher quality, then the more
///      specific range, of text/html against application/json. An explicit q=0 loses to silence.
///   3. User-Agent of a previewer: page. Sec-Fetch-Mode: page for `navigate`, json for any other.
///      User-Agent of a client: json; a generic one: page; anything else: json.
Face chooseFace(const Request& request, std::string_view query,
                const UserAgents& agents = UserAgents::shipped());

}  // namespace tigress::preview
