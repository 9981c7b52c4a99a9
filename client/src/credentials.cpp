#include "tigress/credentials.h"

#include <algorithm>

#include "client/src/http_challenge.h"
#include "client/src/request_target.h"
#include "common/base64.h"
#include "common/text.h"
#include "tigress/share_url.h"

namespace tigress::client {
namespace {

constexpr std::size_t kCnonceSize = 12;

// The next word of a line.
std::string_view takeWord(std::string_view& line) {
  line = trimmed(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line = trimmed(line.substr(end));
  return word;
}

// What cannot stand in a header, or would end the user name of Basic.
bool isPlain(std::string_view text) {
  return isUtf8(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != 0x7F;
         });
}

}  // namespace

Result<Credentials> Credentials::parse(std::string_view text) {
  Credentials credentials;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;

    const ParseError malformed{"line " + std::to_string(number) +
                               " is none: expected SERVER password USER SECRET, or SERVER token SECRET"};
    std::string server(takeWord(line));
    if (server.find("://") == std::string::npos) server.insert(0, "https://");
    const auto origin = parseOrigin(server);
    const std::string_view kind = takeWord(line);
    Credential credential;
    if (kind == "password") {
      credential.user = percentDecode(takeWord(line)).value_or(std::string());
      if (credential.user.empty() || credential.user.find(':') != std::string::npos) return malformed;
    } else if (kind != "token" || line.find_first_of(" \t") != std::string_view::npos) {
      return malformed;
    }
    credential.secret = line;
    if (!origin || credential.secret.empty() || !isPlain(credential.user) || !isPlain(credential.secret)) {
      return malformed;
    }
    credentials.rows_.emplace_back(*origin, std::move(credential));
  }
  return credentials;
}

std::optional<Credential> Credentials::find(std::string_view origin, std::string_view user) const {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const auto& one) {
    return one.first == origin && (user.empty() || one.second.user == user);
  });
  return row == rows_.end() ? std::nullopt : std::optional(row->second);
}

/// What one server wants, and how it is answered.
struct AuthenticatingTransport::Session {
  Credential credential;
  Challenge challenge;
  unsigned count = 0;  // of answers to this challenge

  std::string authorize(const Request& request, const std::string& path, const RandomSource& random) {
    ++count;
    if (challenge.scheme == "bearer") return "Bearer " + credential.secret;
    if (challenge.scheme == "basic") return basicAuthorization(credential);
    return digestAuthorization(
        challenge, credential,
        {request.method, path, base64UrlEncode(randomBytes(random, kCnonceSize)), count});
  }
};

namespace {

bool isKnown(const Challenge& challenge) {
  return challenge.scheme == "basic" || challenge.scheme == "bearer" || digestStrength(challenge) > 0;
}

// How well a challenge can be answered with that credential; 0: not at all.
int fitness(const Challenge& challenge, const Credential& credential) {
  if (credential.isToken()) return challenge.scheme == "bearer" ? 1 : 0;
  if (challenge.scheme == "basic") return 1;
  const int digest = digestStrength(challenge);
  return digest > 0 ? 1 + digest : 0;
}

// Whether a 401 is that of a share which other devices have taken: no user name is missing there.
bool isAboutClaims(const std::vector<Challenge>& challenges) {
  return !challenges.empty() && std::all_of(challenges.begin(), challenges.end(), [](const Challenge& one) {
    return one.scheme == "mailbox-device-claim";
  });
}

std::vector<Challenge> challengesIn(const Response& answer) {
  return parseChallenges(answer.headers.joined("WWW-Authenticate").value_or(std::string()));
}

Failure refused() {
  return {FailureCode::notAuthorized, "the server does not take the credentials given for it"};
}

}  // namespace

AuthenticatingTransport::AuthenticatingTransport(Transport& inner, CredentialSource source,
                                                 RandomSource random)
    : inner_(inner), source_(std::move(source)), random_(std::move(random)) {}

AuthenticatingTransport::~AuthenticatingTransport() = default;

Result<Response, Failure> AuthenticatingTransport::exchange(const Request& request,
                                                            std::chrono::seconds longest) {
  if (request.headers.has("Authorization")) return inner_.exchange(request, longest);
  const RequestTarget target = splitTarget(request.target);
  std::unique_ptr<Session>& session = sessions_[target.origin];
  const auto send = [&] {
    Request authorized = request;
    if (session) authorized.headers.add("Authorization", session->authorize(request, target.path, random_));
    return inner_.exchange(authorized, longest);
  };

  auto answer = send();
  if (!answer || answer->status != 401) return answer;
  const auto challenges = challengesIn(*answer);
  if (isAboutClaims(challenges)) return answer;
  const auto known = std::find_if(challenges.begin(), challenges.end(), isKnown);
  // A nonce has its time, and then there is another one (RFC 7616 section 3.3).
  const bool renewed = session && session->challenge.scheme == "digest" && session->count > 1;
  if (session && !renewed) {
    session.reset();
    return refused();
  }
  Credential credential;
  if (session) {
    credential = session->credential;
  } else {
    if (challenges.empty()) return answer;
    auto given =
        source_(target.origin, (known == challenges.end() ? challenges.front() : *known).get("realm"));
    if (!given) return answer;
    credential = *std::move(given);
  }
  const auto best = std::max_element(challenges.begin(), challenges.end(), [&](const auto& a, const auto& b) {
    return fitness(a, credential) < fitness(b, credential);
  });
  if (best == challenges.end() || fitness(*best, credential) == 0) {
    session.reset();
    return Failure{FailureCode::notAuthorized,
                   credential.isToken()
                       ? "the server takes no token, it wants a user name and password"
                       : "the server takes no user name and password that this client could send"};
  }
  session = std::make_unique<Session>(Session{std::move(credential), *best});
  answer = send();
  if (answer && answer->status == 401 && !isAboutClaims(challengesIn(*answer))) {
    session.reset();
    return refused();
  }
  return answer;
}

}  // namespace tigress::client
