#include "server/admission/bearer_tokens.h"

#include <algorithm>

#include "common/base64.h"
#include "common/text.h"

namespace tigress::admission {
namespace {

constexpr std::string_view kHead =
    "# Who may create shares: name, SHA-256 of the token, when it was added.\n"
    "# Changed by tigress-relay token add and tigress-relay token revoke; a running relay notices.\n";
constexpr std::string_view kPrefix = "tigress_";  // so that scanners for leaked secrets can find one
constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kLongestName = 64;

constexpr ByteSet kToken68Bytes = kAlphanumeric | ByteSet("-._~+/");
constexpr ByteSet kNameBytes = kAlphanumeric | ByteSet(".-_");

// b64token of RFC 6750 section 2.1
bool isToken68(std::string_view text) {
  const std::size_t end = std::min(text.find('='), text.size());
  const bool padded = text.find_first_not_of('=', end) == std::string_view::npos;
  return end > 0 && padded && kToken68Bytes.hasAll(text.substr(0, end));
}

std::optional<BearerToken> readToken(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 3 || !isTokenName(words[0])) return std::nullopt;
  const auto digest = base64UrlDecode(words[1]);
  const auto created = parseRfc3339(words[2]);
  if (!digest || digest->size() != 32 || !created) return std::nullopt;
  return BearerToken{std::string(words[0]), *digest, *created};
}

}  // namespace

bool isTokenName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && kNameBytes.hasAll(name);
}

Result<BearerTokens> readTokens(std::string_view text) {
  BearerTokens tokens;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    auto token = readToken(line);
    const std::string where = "line " + std::to_string(number);
    if (!token) return ParseError{where + ": expected a name, a digest of 43 characters and a time"};
    const bool twice = std::any_of(tokens.begin(), tokens.end(),
                                   [&](const BearerToken& other) { return other.name == token->name; });
    if (twice) return ParseError{where + ": this name stands there twice"};
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::string printTokens(const BearerTokens& tokens) {
  std::string text(kHead);
  for (const BearerToken& token : tokens) {
    text += token.name + ' ' + base64UrlEncode(token.digest) + ' ' + formatRfc3339(token.created) + '\n';
  }
  return text;
}

std::string drawToken(const RandomSource& random) {
  return std::string(kPrefix) + base64UrlEncode(randomBytes(random, kTokenBytes));
}

std::optional<std::string> bearerToken(const Headers& headers) {
  constexpr std::string_view kScheme = "Bearer";
  const std::string_view value = headers.get("Authorization");
  if (headers.count("Authorization") != 1 || value.size() <= kScheme.size()) return std::nullopt;
  if (!equalsIgnoreCase(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  std::string_view token = value.substr(kScheme.size());
  if (token.front() != ' ') return std::nullopt;
  token = trimmed(token);
  return isToken68(token) ? std::optional(std::string(token)) : std::nullopt;
}

bool holds(const BearerTokens& tokens, std::string_view token, const Sha256& sha256) {
  const std::string digest = sha256(token);
  bool found = false;
  for (const BearerToken& known : tokens) found = equalInConstantTime(known.digest, digest) || found;
  return found;
}

}  // namespace tigress::admission
