#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tigress/credentials.h"
#include "tigress/random.h"

namespace tigress::client {

/// One challenge of a WWW-Authenticate field (RFC 9110 section 11.6.1).
struct Challenge {
  std::string scheme;                             ///< lower case
  std::map<std::string, std::string> parameters;  ///< by lower case name, unquoted; none of a token68

  /// The value of a parameter, empty if there is none.
  std::string get(const std::string& name) const;
};

/// The challenges in the value of a WWW-Authenticate field, several fields joined by commas. What cannot be
/// read ends the list.
std::vector<Challenge> parseChallenges(std::string_view field);

/// The `algorithm` of a Digest challenge that is known here, the better the higher; 0 for any other.
int digestStrength(const Challenge& challenge);

/// What goes into one Digest answer beside the challenge.
struct DigestRequest {
  std::string method;
  std::string target;  ///< path and query
  std::string cnonce;
  unsigned count = 1;  ///< how often this nonce was used, this time counted
};

/// The value of Authorization (RFC 7616 section 3.4). `challenge` has a digestStrength above 0.
std::string digestAuthorization(const Challenge& challenge, const Credential& credential,
                                const DigestRequest& request);
/// RFC 7617 section 2.
std::string basicAuthorization(const Credential& credential);

}  // namespace tigress::client
