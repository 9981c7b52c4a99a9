#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/share/locks.h"
#include "tigress/http_message.h"
#include "tigress/result.h"

namespace tigress::dav {

/// The If request header (RFC 4918 section 10.4).
struct IfHeader {
  /// `[Not] (<URI> | [entity-tag])`
  struct Condition {
    bool negated = false;
    std::string token;  ///< state token, if there is no tag
    std::optional<EntityTag> tag = {};
  };
  /// Conditions that must all hold, for one resource.
  struct List {
    std::string resource;  ///< the tag's URI; empty: the request's own resource
    std::vector<Condition> conditions;
  };
  std::vector<List> lists;  ///< one of them must hold

  /// Refuses all that RFC 4918's grammar does not derive, but takes `Not` in any case: literals of the
  /// BNF the RFC uses are case-insensitive (RFC 2616 section 2.1).
  static Result<IfHeader> parse(std::string_view text);

  /// Every state token of the header: a token counts as submitted wherever it stands (section 10.4.1).
  share::Tokens submittedTokens() const;
};

/// What conditions are matched against; a resource that is not there has neither.
struct ResourceState {
  std::optional<std::string> etag;
  share::Tokens lockTokens;  ///< of the locks that cover it
};

/// The state of the resource a tag names, or of the request's own for an empty one.
using StateOf = std::function<ResourceState(const std::string& resource)>;

/// Whether the header holds (section 10.4.3). Entity tags compare strongly.
bool holds(const IfHeader& header, const StateOf& stateOf);

}  // namespace tigress::dav
