#include "server/notify/json_web_token.h"

#include "common/base64.h"

namespace tigress::notify {

std::string jsonWebToken(const Json& header, const Json& claims,
                         const std::function<std::string(std::string_view)>& sign) {
  const std::string input = base64UrlEncode(header.dump()) + '.' + base64UrlEncode(claims.dump());
  return input + '.' + base64UrlEncode(sign(input));
}

}  // namespace tigress::notify
