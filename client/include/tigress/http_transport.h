#pragma once

#include <memory>
#include <string>

#include "tigress/api.h"
#include "tigress/cancellation.h"
#include "tigress/result.h"
#include "tigress/transport.h"

namespace tigress::client {

/// HTTP/1.1 over TLS 1.2 or later, with the certificate and the host name verified; plain HTTP for
/// `http://` URLs. No redirects, no proxies, no cookies. Keeps the last connection for the next request.
/// For one thread at a time, any thread. Finding the host's address takes as long as the system takes for it.
class TIGRESS_API HttpTransport final : public Transport {
 public:
  struct Options {
    /// A PEM file of the certificates to trust instead of the system's; empty for the system's.
    std::string caFile;
    /// To connect, and again for the TLS handshake; never longer than a request may take.
    std::chrono::seconds connectTimeout{10};
    /// An answer with a longer body is a failure.
    std::size_t largestBody = 1024 * 1024;
    /// Breaks off the request under way; the same as the Environment's.
    Cancellation cancellation = {};
  };

  /// The error says what is wrong with the CA file.
  static Result<std::unique_ptr<HttpTransport>> open(Options options);
  ~HttpTransport() override;

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

 private:
  struct Connection;
  explicit HttpTransport(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace tigress::client
