#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/ip_address.h"
#include "tigress/http_message.h"

namespace tigress::notify {

/// A request to a push service.
struct OutboundRequest {
  std::string url;
  Headers headers;
  std::string body;
  std::string method = "POST";
};

/// What came back, or nothing: no connection, no TLS that can be trusted, no answer in time, or one too long.
using OutboundDone = std::function<void(std::optional<Response>)>;

/// Sends requests and waits for none of them. In the hands of one thread, but for wake().
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// `done` is called once, in a later wait(), or never if the client ends before.
  virtual void send(OutboundRequest request, OutboundDone done) = 0;
  /// Moves all requests on: until something was done, or wake(), but no longer than that.
  virtual void wait(std::chrono::milliseconds longest) = 0;
  /// Ends a wait(), this or the next one. Any thread.
  virtual void wake() = 0;
};

/// All settings.
struct HttpClientSettings {
  /// Asked with each address that a connection is about to be made to, after every look-up.
  std::function<bool(const IpAddress&)> mayConnect;
  std::string authorities;  ///< PEM file of who is trusted; empty: the system's
  std::chrono::milliseconds timeout{std::chrono::seconds(10)};
  std::size_t answerBytes = 16384;
  std::size_t connections = 64;
  /// For tests, `host:port:address[,address]`: what look-ups give.
  std::function<std::string()> lookUps;
};

/// Over HTTP/2 where the other side speaks it: https only, certificates verified, no redirect followed, no
/// proxy, no cookie, no credential of the machine's. Null if the relay was built without libcurl
/// (TIGRESS_PUSH=OFF).
std::unique_ptr<HttpClient> openHttpClient(HttpClientSettings settings);

}  // namespace tigress::notify
