#include "server/token_command.h"

#include <sysexits.h>

#include <algorithm>
#include <ostream>

#include "server/digest.h"
#include "server/token_file.h"

namespace tigress::relay {
namespace {

using admission::BearerToken;
using admission::BearerTokens;

constexpr std::string_view kUsage =
    "tigress-relay: expected token add [--name NAME], token list or token revoke NAME\n";

BearerTokens::iterator find(BearerTokens& tokens, const std::string& name) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [&](const BearerToken& token) { return token.name == name; });
}

std::string freeName(BearerTokens& tokens) {
  for (std::size_t number = 1;; ++number) {
    std::string name = "token-" + std::to_string(number);
    if (find(tokens, name) == tokens.end()) return name;
  }
}

// Runs the edit, and tells what came of it.
int change(const std::string& path, std::ostream& err,
           const std::function<Result<void, ParseError>(BearerTokens&)>& edit) {
  bool refused = false;
  const auto done = editTokenFile(path, [&](BearerTokens& tokens) {
    auto edited = edit(tokens);
    refused = !edited;
    return edited;
  });
  if (done) return EX_OK;
  err << "tigress-relay: " << done.error().detail << '\n';
  return refused ? EX_DATAERR : EX_IOERR;
}

int add(const TokenCommand& command, const RandomSource& random, TimePoint now, std::ostream& out,
        std::ostream& err) {
  if (!command.name.empty() && !admission::isTokenName(command.name)) {
    err << "tigress-relay: a name is 1 to 64 letters, digits, dots, dashes and underscores\n";
    return EX_USAGE;
  }
  const std::string token = admission::drawToken(random);
  std::string name = command.name;
  const int code = change(command.path, err, [&](BearerTokens& tokens) -> Result<void, ParseError> {
    if (name.empty()) name = freeName(tokens);
    if (find(tokens, name) != tokens.end()) {
      return ParseError{"there is a token \"" + name + "\" already; revoke it first, or give another --name"};
    }
    tokens.push_back({name, sha256(token), now});
    return {};
  });
  if (code != EX_OK) return code;
  out << token << std::endl;
  err << "tigress-relay: added \"" << name << "\"; the token is shown this once, only its hash is kept\n";
  return EX_OK;
}

int list(const TokenCommand& command, std::ostream& out, std::ostream& err) {
  const auto tokens = readTokenFile(command.path);
  if (!tokens) {
    err << "tigress-relay: " << tokens.error().detail << '\n';
    return EX_IOERR;
  }
  for (const BearerToken& token : *tokens) out << token.name << ' ' << formatRfc3339(token.created) << '\n';
  return EX_OK;
}

int revoke(const TokenCommand& command, const std::string& name, std::ostream& err) {
  return change(command.path, err, [&](BearerTokens& tokens) -> Result<void, ParseError> {
    const auto token = find(tokens, name);
    if (token == tokens.end())
      return ParseError{"there is no token of that name; see tigress-relay token list"};
    tokens.erase(token);
    return {};
  });
}

}  // namespace

int runTokenCommand(const TokenCommand& command, const RandomSource& random, TimePoint now, std::ostream& out,
                    std::ostream& err) {
  const auto& words = command.words;
  const bool named = !command.name.empty();
  if (words.size() == 1 && words[0] == "add") return add(command, random, now, out, err);
  if (words.size() == 1 && words[0] == "list" && !named) return list(command, out, err);
  if (words.size() == 2 && words[0] == "revoke" && !named) return revoke(command, words[1], err);
  err << kUsage;
  return EX_USAGE;
}

}  // namespace tigress::relay
