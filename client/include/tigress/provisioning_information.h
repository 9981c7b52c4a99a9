#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tigress/api.h"
#include "tigress/json.h"
#include "tigress/result.h"

namespace tigress::client {

/// What one device tells the other, sealed end to end: `{"format": …, "content": {…}}`. The format names
/// the specification that gives the content its meaning, such as `digitalwallet.carkey.ccc`.
struct TIGRESS_API ProvisioningInformation {
  std::string format;  ///< not empty
  Json content;        ///< an object

  /// Levels of nesting a message may have, the outermost object counted.
  static constexpr int kDepth = 16;

  /// Reads one JSON text with a non-empty `format` and an object `content`, and nothing else beside them:
  /// the other device would not get it.
  static Result<ProvisioningInformation> parse(std::string_view text);
  /// Reads one JSON object and makes it the content of `format`.
  static Result<ProvisioningInformation> wrap(std::string_view format, std::string_view content);

  /// The same of a JSON value that is parsed already.
  static Result<ProvisioningInformation> from(Json json);

  /// The object with its two members, `format` first.
  Json toJson() const;

  friend bool operator==(const ProvisioningInformation& a, const ProvisioningInformation& b) {
    return a.format == b.format && a.content == b.content;
  }
};

/// Several messages as one JSON array, and back. The error says which one is none.
TIGRESS_API Json toJson(const std::vector<ProvisioningInformation>& messages);
TIGRESS_API Result<std::vector<ProvisioningInformation>> messagesFrom(const Json& array);

}  // namespace tigress::client
