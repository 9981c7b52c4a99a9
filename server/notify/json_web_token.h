#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tigress/json.h"

namespace tigress::notify {

/// A JSON Web Token in compact form (RFC 7519, RFC 7515 section 7.1), signed by `sign` over its first two
/// parts.
std::string jsonWebToken(const Json& header, const Json& claims,
                         const std::function<std::string(std::string_view)>& sign);

}  // namespace tigress::notify
