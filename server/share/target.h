#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/share/share.h"
#include "tigress/uuid.h"

namespace tigress::share {

/// What a request is aimed at, found without looking anything up.
struct Target {
  enum class Kind {
    malformed,     ///< not a request target, or a bad percent-encoding: 400
    nowhere,       ///< nothing is ever there: 404
    root,          ///< `/`, and `*` of OPTIONS
    factory,       ///< `/v1/`, where shares are made
    newDocument,   ///< `/v1/share.json`, `/v1/{not a UUID}/share.json`: a PUT that asks for an identifier
    collection,    ///< `/v1/{id}/`, with or without the slash
    document,      ///< `/v1/{id}/share.json`
    otherMember,   ///< any other name in a share's collection
    registration,  ///< `/v1/{id}/push/{registration}`, a push registration of a share
    mailboxes,     ///< `/v1/m`, where the mailbox dialect makes shares
    mailbox,       ///< `/v1/m/{id}`, a share as the mailbox dialect sees it
    file,          ///< a path outside `/v1/` that a page, picture or well-known file may have
  };
  Kind kind = Kind::nowhere;
  Uuid id;            ///< of collection, document, otherMember, registration and mailbox
  Uuid registration;  ///< of registration
  std::string path;   ///< normalised: unreserved characters decoded
  std::string query;  ///< as sent, without the question mark
};

/// Takes origin form, absolute form and `*` (RFC 9112 section 3.2). Percent-encoded unreserved characters
/// are decoded (RFC 3986 section 6.2.2.2); any other encoding, dot segments and empty segments lead
/// nowhere, so that no second spelling of a path reaches anything.
Target parseTarget(std::string_view requestTarget);

/// Whether it is a share, or a part of one: whether `id` is.
bool namesShare(const Target& target);

/// Where the host part of an absolute URI and its path are split: `http://host:80/x` gives `host:80` and
/// `/x`; a path alone gives an empty host. Nothing for any other text.
struct SplitUri {
  std::string_view authority;
  std::string_view pathAndQuery;
};
std::optional<SplitUri> splitUri(std::string_view uri);

}  // namespace tigress::share
