#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tigress/api.h"
#include "tigress/random.h"
#include "tigress/result.h"
#include "tigress/transport.h"

// Who this device is to servers that ask (RFC 7235): by name and password (Basic, RFC 7617, and Digest,
// RFC 7616) or by a token (Bearer, RFC 6750). Never in a URL.

namespace tigress::client {

struct TIGRESS_API Credential {
  std::string user;  ///< UTF-8; empty: `secret` is a token
  std::string secret;

  bool isToken() const { return user.empty(); }
};

/// Credentials by server.
class TIGRESS_API Credentials {
 public:
  /// One on a line; blank lines and those that begin with # say nothing.
  ///   dav.example password anna correct horse battery
  ///   dav.example:8443 token eyJhbGciOi
  ///   http://localhost:8080 password anna secret
  /// A server is a host, with its port if that is not the usual one; `http://` only on the loopback. Behind
  /// `password` stands the user, percent-encoded if it has blanks, and then all of the line is the password.
  /// The error names the line and never repeats it.
  static Result<Credentials> parse(std::string_view text);

  /// Those for an origin, as `parseOrigin` gives it; the first of several. A `user` that is not empty has to
  /// be that one.
  std::optional<Credential> find(std::string_view origin, std::string_view user = {}) const;

 private:
  std::vector<std::pair<std::string, Credential>> rows_;
};

/// Asked when a server wants credentials: what this device has for that origin. `realm` is the server's word
/// for what is behind them. Nothing if there are none.
using CredentialSource =
    std::function<std::optional<Credential>(const std::string& origin, const std::string& realm)>;

/// Answers a server's challenge (401) with the credentials for its origin, and brings them along from then
/// on. Digest is preferred, with SHA-256 before MD5; nothing ever goes to an origin it is not for. Without
/// credentials, for requests that have an Authorization of their own, and where a relay wants a device's
/// claim (Mailbox-Device-Claim), the 401 is the answer. Fails as notAuthorized if the server does not take
/// them, or has no way of asking that is known here.
class TIGRESS_API AuthenticatingTransport final : public Transport {
 public:
  /// `inner` must outlive this.
  AuthenticatingTransport(Transport& inner, CredentialSource source, RandomSource random = systemRandom);
  ~AuthenticatingTransport() override;

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

 private:
  struct Session;

  Transport& inner_;
  CredentialSource source_;
  RandomSource random_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;  // by origin
};

}  // namespace tigress::client
