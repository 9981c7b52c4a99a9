#include "client/cli/connection.h"

#include <cstdlib>

#include "client/cli/input.h"
#include "tigress/allow_list.h"
#include "tigress/credentials.h"
#include "tigress/http_transport.h"

namespace tigress::cli {
namespace {

// The list of a folder with thousands of shares.
constexpr std::size_t kLargestAnswer = 16 * kMostInput;
constexpr auto kCredentialsForm = "put on each line SERVER password USER SECRET, or SERVER token SECRET";

/// The transports of libtigress, one around the other.
class Transports final : public client::Transport {
 public:
  Transports(std::unique_ptr<client::HttpTransport> http, client::AllowList allowed,
             client::CredentialSource credentials)
      : http_(std::move(http)),
        allowed_(*http_, std::move(allowed)),
        authenticated_(allowed_, std::move(credentials)) {}

  Result<Response, client::Failure> exchange(const Request& request, std::chrono::seconds longest) override {
    return authenticated_.exchange(request, longest);
  }

 private:
  std::unique_ptr<client::HttpTransport> http_;
  client::AllowListTransport allowed_;
  client::AuthenticatingTransport authenticated_;
};

std::string fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : std::string();
}

Result<client::AllowList, Complaint> readAllowList(const Arguments& arguments) {
  if (!arguments.allow) return client::AllowList();
  auto list = client::AllowList::parse(*arguments.allow);
  if (list) return *std::move(list);
  return usageComplaint(arguments.origins.at("--allow") + ": " + list.error().detail,
                        "give relay.example, relay.example:8443 or *.relay.example, separated by commas");
}

Result<client::Credentials, Complaint> readCredentials(const Arguments& arguments) {
  std::string text = fromEnvironment("TIGRESS_CREDENTIALS");
  if (arguments.credentials) {
    auto read = readSecretFile(*arguments.credentials, "--credentials");
    if (!read) return read.error();
    text = *std::move(read);
  }
  auto credentials = client::Credentials::parse(text);
  if (credentials) return *std::move(credentials);
  return usageComplaint(std::string(arguments.credentials ? "--credentials" : "TIGRESS_CREDENTIALS") + ": " +
                            credentials.error().detail,
                        kCredentialsForm);
}

// The user that an argument names for that origin.
std::string userFor(const Arguments& arguments, const std::string& origin) {
  std::vector<std::string> texts = arguments.operands;
  if (arguments.relay) texts.push_back(*arguments.relay);
  for (const std::string& text : texts) {
    const auto place = parsePlace(text);
    if (place && place->origin == origin && !place->user.empty()) return place->user;
  }
  return {};
}

std::optional<client::Credential> askFor(Terminal& terminal, const std::string& origin,
                                         const std::string& realm, std::string user) {
  const std::string where = origin.substr(origin.find("://") + 3) + (realm.empty() ? "" : " (" + realm + ")");
  if (user.empty()) user = terminal.ask("User name for " + where + ":", false).value_or(std::string());
  if (user.empty() || user.find(':') != std::string::npos) return std::nullopt;
  auto password = terminal.ask("Password of " + user + " for " + where + ":", true);
  if (!password) return std::nullopt;
  return client::Credential{std::move(user), *std::move(password)};
}

Result<Connection, Complaint> openWith(const Arguments& arguments, Terminal& terminal,
                                       client::CredentialSource credentials) {
  client::HttpTransport::Options options;
  options.caFile = arguments.caFile.value_or(std::string());
  options.largestBody = kLargestAnswer;
  auto http = client::HttpTransport::open(std::move(options));
  if (!http) return usageComplaint(http.error().detail, "give --ca-file the relay's certificate");
  auto allowed = readAllowList(arguments);
  if (!allowed) return allowed.error();
  return Connection(
      std::make_unique<Transports>(*std::move(http), *std::move(allowed), std::move(credentials)),
      [&terminal](const client::Progress& step) { terminal.event(step); });
}

}  // namespace

Result<Connection, Complaint> openConnection(const Arguments& arguments, Terminal& terminal, Asking asking) {
  auto credentials = readCredentials(arguments);
  if (!credentials) return credentials.error();
  return openWith(arguments, terminal,
                  [&terminal, asking, arguments, known = *std::move(credentials)](const std::string& origin,
                                                                                  const std::string& realm) {
                    const std::string user = userFor(arguments, origin);
                    auto found = known.find(origin, user);
                    return found || asking == Asking::nobody ? found : askFor(terminal, origin, realm, user);
                  });
}

Result<Connection, Complaint> openAnonymousConnection(const Arguments& arguments, Terminal& terminal) {
  return openWith(arguments, terminal, [](const std::string&, const std::string&) { return std::nullopt; });
}

Result<SharePlace, Complaint> readPlace(std::string_view text, std::string_view what) {
  auto place = parsePlace(text);
  if (place) return *std::move(place);
  return usageComplaint(std::string(what) + ": " + place.error().detail,
                        "give https://relay.example, or dav+https://USER@dav.example/folder/; a password "
                        "goes into --credentials FILE");
}

Result<SharePlace, Complaint> readFolder(std::string_view text) {
  auto place = readPlace(text, "the folder");
  if (!place) return place.error();
  if (!place->isRelay()) return *std::move(place);
  return usageComplaint("a relay needs none of this: it removes expired shares by itself",
                        "give a folder of a WebDAV server, as dav+https://dav.example/folder/");
}

}  // namespace tigress::cli
