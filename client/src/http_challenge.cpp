#include "client/src/http_challenge.h"

#include <algorithm>

#include "client/src/cryptography.h"
#include "common/base64.h"
#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress::client {
namespace {

/// Reads what a field is made of, from its front.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}

  bool atEnd() const { return text_.empty(); }
  char front() const { return text_.empty() ? '\0' : text_.front(); }

  void skip(std::string_view characters) {
    text_.remove_prefix(std::min(text_.find_first_not_of(characters), text_.size()));
  }

  std::string_view token() {
    std::size_t length = 0;
    while (length < text_.size() && isToken(text_.substr(length, 1))) ++length;
    const std::string_view found = text_.substr(0, length);
    text_.remove_prefix(length);
    return found;
  }

  /// A token or a quoted string; nothing if there is neither.
  std::optional<std::string> value() {
    if (front() != '"') {
      const std::string_view word = token();
      return word.empty() ? std::nullopt : std::optional(std::string(word));
    }
    std::string text;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return text;
      }
      if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
      text += text_[i];
    }
    return std::nullopt;
  }

  /// Takes a token68 if one is all there is up to the next comma.
  void skipToken68() {
    constexpr std::string_view kMarks = "-._~+/";
    std::size_t end = 0;
    while (end < text_.size() && ((isToken(text_.substr(end, 1)) && text_[end] != '\'') ||
                                  kMarks.find(text_[end]) != std::string_view::npos)) {
      ++end;
    }
    while (end < text_.size() && text_[end] == '=') ++end;
    const std::size_t next = std::min(text_.find_first_not_of(" \t", end), text_.size());
    if (end > 0 && (next == text_.size() || text_[next] == ',')) text_.remove_prefix(next);
  }

 private:
  std::string_view text_;
};

struct Algorithm {
  std::string_view name;  // lower case
  std::string (*hash)(std::string_view);
  bool session;
  int strength;
};
constexpr Algorithm kAlgorithms[] = {{"sha-256", sha256, false, 4},
                                     {"sha-256-sess", sha256, true, 3},
                                     {"md5", md5, false, 2},
                                     {"md5-sess", md5, true, 1}};

const Algorithm* algorithmOf(const Challenge& challenge) {
  const std::string given = asciiLower(challenge.get("algorithm"));
  const std::string_view name = given.empty() ? std::string_view("md5") : given;
  const auto* row = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                 [&](const Algorithm& algorithm) { return algorithm.name == name; });
  return row == std::end(kAlgorithms) ? nullptr : row;
}

bool offersAuth(const Challenge& challenge) {
  const std::string offered = challenge.get("qop");
  const auto words = split(offered, ',');
  return std::any_of(words.begin(), words.end(),
                     [](std::string_view word) { return equalsIgnoreCase(word, "auth"); });
}

std::string hexOf(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

}  // namespace

std::string Challenge::get(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parseChallenges(std::string_view field) {
  std::vector<Challenge> challenges;
  FieldReader reader(field);
  for (;;) {
    reader.skip(" \t,");
    const std::string name = asciiLower(reader.token());
    if (name.empty()) return challenges;
    reader.skip(" \t");
    if (reader.front() == '=' && !challenges.empty()) {
      reader.skip("=");
      reader.skip(" \t");
      auto value = reader.value();
      if (!value) return challenges;
      challenges.back().parameters.emplace(name, *std::move(value));
    } else {
      challenges.push_back({name, {}});
      reader.skipToken68();
    }
  }
}

int digestStrength(const Challenge& challenge) {
  const Algorithm* algorithm = algorithmOf(challenge);
  const bool known = challenge.scheme == "digest" && algorithm && !challenge.get("nonce").empty() &&
                     (challenge.get("qop").empty() || offersAuth(challenge));
  return known ? algorithm->strength : 0;
}

std::string digestAuthorization(const Challenge& challenge, const Credential& credential,
                                const DigestRequest& request) {
  const Algorithm& algorithm = *algorithmOf(challenge);
  const auto hash = [&](const std::string& text) { return hexOf(algorithm.hash(text)); };
  const std::string realm = challenge.get("realm");
  const std::string nonce = challenge.get("nonce");
  std::string count;
  for (int shift = 28; shift >= 0; shift -= 4) count += "0123456789abcdef"[(request.count >> shift) & 0xFU];

  std::string key = hash(credential.user + ":" + realm + ":" + credential.secret);
  if (algorithm.session) key = hash(key + ":" + nonce + ":" + request.cnonce);
  const std::string what = hash(request.method + ":" + request.target);
  const bool auth = offersAuth(challenge);
  const std::string response =
      auth ? hash(key + ":" + nonce + ":" + count + ":" + request.cnonce + ":auth:" + what)
           : hash(key + ":" + nonce + ":" + what);

  const bool hidden = equalsIgnoreCase(challenge.get("userhash"), "true");
  std::string value = "Digest ";
  if (hidden) {
    value += "username=" + quoted(hash(credential.user + ":" + realm)) + ", userhash=true";
  } else if (isAscii(credential.user)) {
    value += "username=" + quoted(credential.user);
  } else {
    value += "username*=UTF-8''" + percentEncode(credential.user);
  }
  value += ", realm=" + quoted(realm) + ", nonce=" + quoted(nonce) + ", uri=" + quoted(request.target) +
           ", response=" + quoted(response);
  if (const std::string name = challenge.get("algorithm"); !name.empty()) value += ", algorithm=" + name;
  if (auth) value += ", qop=auth, nc=" + count;
  if (auth || algorithm.session) value += ", cnonce=" + quoted(request.cnonce);
  if (const std::string opaque = challenge.get("opaque"); !opaque.empty()) {
    value += ", opaque=" + quoted(opaque);
  }
  return value;
}

std::string basicAuthorization(const Credential& credential) {
  return "Basic " + base64Encode(credential.user + ":" + credential.secret);
}

}  // namespace tigress::client
