#pragma once

#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/result.h"
#include "tigress/uuid.h"

// The share link, `https://{host}/v1/{id}/share.json?v={vertical}#{secret}`: what the sender hands to the
// receiver. What stands before the `#` says where the share is, what stands behind it opens it. The path says
// who answers: behind `/v1/` at the root a relay, in any other folder a WebDAV server that is none.

namespace tigress {

/// What a credential opens: `v=` of a share link.
enum class Vertical {
  general,  ///< `a`, or none
  home,     ///< `h`
  car,      ///< `c`
};

/// The letter a link carries for it.
TIGRESS_API char letterOf(Vertical vertical);
/// The vertical of a letter; `general` for any text this version does not know.
TIGRESS_API Vertical verticalOf(std::string_view letter);

/// Where a share is: a share link without its secret. Every relay and every log may see it.
struct TIGRESS_API ShareUrl {
  /// The form the link was written in. One store of a relay stands behind the first two.
  enum class Dialect {
    webdav,   ///< `/v1/{id}/share.json`
    mailbox,  ///< `/v1/m/{id}`
    folder,   ///< `{folder}{id}/share.json` on a server that knows nothing of shares
  };

  std::string origin;  ///< as `parseOrigin` gives it
  Uuid id;
  Dialect dialect = Dialect::webdav;
  Vertical vertical = Vertical::general;
  std::string folder = {};  ///< of Dialect::folder, as in SharePlace

  /// The share's collection, with a slash at its end. A relay's tells how the share is.
  std::string collection() const;
  /// The share's document in the WebDAV dialect, without a query: what a device talks to.
  std::string document() const;
  /// The address in its own dialect, with `?v=`: all of a share link but the `#` and what follows.
  std::string toString() const;

  friend bool operator==(const ShareUrl& a, const ShareUrl& b) {
    return a.origin == b.origin && a.id == b.id && a.dialect == b.dialect && a.vertical == b.vertical &&
           a.folder == b.folder;
  }
};

/// The scheme, host and port of a relay's address, in one spelling: lower case, without the default port
/// and without a trailing slash. Takes https, and http if the host is the loopback; refuses user
/// information and any path but `/` and `/v1/`.
TIGRESS_API Result<std::string> parseOrigin(std::string_view url);

/// Where shares are made: on a relay, or in a folder of any WebDAV server.
struct TIGRESS_API SharePlace {
  std::string origin;       ///< as `parseOrigin` gives it
  std::string folder = {};  ///< its path from slash to slash, percent-encoded; empty: the origin is a relay
  std::string user = {};    ///< whom the server knows, if the address says so

  bool isRelay() const { return folder.empty(); }
  /// As `parsePlace` reads it.
  std::string toString() const;

  friend bool operator==(const SharePlace& a, const SharePlace& b) {
    return a.origin == b.origin && a.folder == b.folder && a.user == b.user;
  }
};

/// A relay's address as for `parseOrigin`, or `dav+https://user@host/folder/` (`dav+http` on the loopback).
/// A password in it is refused, and so are folders at the root whose name is `v` and a number: links into
/// those lead to relays.
TIGRESS_API Result<SharePlace> parsePlace(std::string_view url);

/// The address in a share link of any dialect. White space around the text, a fragment and query
/// parameters other than `v` are passed over.
TIGRESS_API Result<ShareUrl> parseShareUrl(std::string_view link);

/// What follows the first `#`, as it stands there; empty if there is none.
TIGRESS_API std::string_view fragmentOf(std::string_view link);

/// The secret part of a link in one spelling, standard base64 without padding, whatever chat programs did
/// to it: percent-decoded, glued punctuation and padding taken off, a blank read as the plus it was, the
/// URL-safe alphabet read as the standard one. Exactly 22 or 43 characters must remain, 16 or 32 bytes;
/// for anything else the error says that the link is incomplete.
TIGRESS_API Result<std::string> repairFragment(std::string_view fragment);

}  // namespace tigress
