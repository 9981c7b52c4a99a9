#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sha256.h"
#include "tigress/http_message.h"
#include "tigress/random.h"
#include "tigress/result.h"
#include "tigress/timestamp.h"

namespace tigress::admission {

/// What is kept of a token whose bearer may create shares. The token itself is 256 random bits, so its bare
/// hash gives nothing away.
struct BearerToken {
  std::string name;
  std::string digest;  ///< SHA-256 of the token
  TimePoint created;
};
using BearerTokens = std::vector<BearerToken>;

/// Whether a token may be called that: 1 to 64 letters, digits, dots, dashes and underscores.
bool isTokenName(std::string_view name);

/// The text of a token file: a line `NAME DIGEST CREATED` for each token, the digest in base64url, the time
/// as RFC 3339; lines that begin with `#` are comments. The error names the line.
Result<BearerTokens> readTokens(std::string_view text);
std::string printTokens(const BearerTokens& tokens);

/// A new token, `tigress_` and 43 characters.
std::string drawToken(const RandomSource& random);

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1); nothing if there is none, or if it is
/// malformed or stands twice.
std::optional<std::string> bearerToken(const Headers& headers);

/// Whether the token is among them. Takes a time that does not depend on which one, or how much of one, it
/// is.
bool holds(const BearerTokens& tokens, std::string_view token, const Sha256& sha256);

}  // namespace tigress::admission
