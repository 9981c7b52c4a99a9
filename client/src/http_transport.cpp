#include "tigress/http_transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/URI.h>

#include <istream>
#include <optional>
#include <ostream>

#include "client/src/broken_pipe.h"

namespace tigress::client {
namespace {

namespace net = Poco::Net;

constexpr int kMostFields = 100;
// What TLS 1.2 may use; the suites of TLS 1.3 are all good.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Poco::Timespan timespan(std::chrono::seconds time) {
  return {static_cast<long>(time.count()), 0};
}

// Ends a connection when it is cancelled, whatever waits for it. Through a descriptor of its own: Poco may
// close the connection's meanwhile, and the next file that is opened gets its number.
class Breaker {
 public:
  Breaker(net::StreamSocket& socket, const Cancellation& cancellation)
      : descriptor_(fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0)) {
    listener_.emplace(cancellation, [descriptor = descriptor_] { shutdown(descriptor, SHUT_RDWR); });
  }
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;
  ~Breaker() {
    listener_.reset();
    if (descriptor_ >= 0) close(descriptor_);
  }

 private:
  int descriptor_;
  std::optional<Cancellation::Listener> listener_;
};

class PlainSession final : public net::HTTPClientSession {
 public:
  PlainSession(const Poco::URI& uri, const Cancellation& cancellation)
      : HTTPClientSession(uri.getHost(), uri.getPort()), cancellation_(cancellation) {}

 protected:
  void connect(const net::SocketAddress& address) override {
    breaker_.reset();
    HTTPClientSession::connect(address);
    breaker_.emplace(socket(), cancellation_);
  }

 private:
  const Cancellation& cancellation_;
  std::optional<Breaker> breaker_;
};

// Poco takes a TLS handshake that timed out for a connection, finishes it within the first request, and
// never looks at the host name of the certificate that comes then (pocoproject/poco#5485).
class TlsSession final : public net::HTTPSClientSession {
 public:
  TlsSession(const Poco::URI& uri, const net::Context::Ptr& tls, const Cancellation& cancellation)
      : HTTPSClientSession(uri.getHost(), uri.getPort(), tls), cancellation_(cancellation) {}

 protected:
  void connect(const net::SocketAddress& address) override {
    breaker_.reset();
    HTTPSClientSession::connect(address);
    if (!net::SecureStreamSocket(socket()).havePeerCertificate()) throw Poco::TimeoutException();
    breaker_.emplace(socket(), cancellation_);
  }

 private:
  const Cancellation& cancellation_;
  std::optional<Breaker> breaker_;
};

// `cause` is Poco's or OpenSSL's text about the machine or the certificate, never about the share.
Failure unreachable(const Poco::URI& uri, const std::string& cause) {
  return {FailureCode::unreachable,
          "no connection to " + uri.getHost() + ":" + std::to_string(uri.getPort()) + ": " + cause};
}

Failure untrusted(const Poco::URI& uri, std::string cause) {
  // OpenSSL: "error:0A000086:SSL routines::certificate verify failed"
  if (const std::size_t colon = cause.rfind(':'); colon != std::string::npos) cause.erase(0, colon + 1);
  return {FailureCode::unreachable, "no trusted connection to " + uri.getHost() + ": " + cause};
}

// The body, or nothing if it has more bytes than `most`.
std::optional<std::string> readBody(std::istream& stream, std::size_t most) {
  std::string body;
  char part[16 * 1024];
  while (stream.read(part, sizeof part), stream.gcount() > 0) {
    body.append(part, static_cast<std::size_t>(stream.gcount()));
    if (body.size() > most) return std::nullopt;
  }
  return body;
}

}  // namespace

/// The open connection and what it takes to make one.
struct HttpTransport::Connection {
  Options options;
  net::Context::Ptr tls;
  std::string origin;
  std::unique_ptr<net::HTTPClientSession> session;

  bool isOpenTo(const Poco::URI& uri) const {
    return session && session->connected() && origin == uri.getScheme() + "://" + uri.getAuthority();
  }

  void prepare(const Poco::URI& uri) {
    if (isOpenTo(uri)) return;
    origin = uri.getScheme() + "://" + uri.getAuthority();
    if (uri.getScheme() == "https") {
      session = std::make_unique<TlsSession>(uri, tls, options.cancellation);
    } else {
      session = std::make_unique<PlainSession>(uri, options.cancellation);
    }
    session->setKeepAlive(true);
  }

  TIGRESS_LOCAL std::optional<Failure> send(const Request& request, const Poco::URI& uri,
                                            std::chrono::seconds longest);
  TIGRESS_LOCAL Result<Response, Failure> receive(std::chrono::seconds longest);
};

std::optional<Failure> HttpTransport::Connection::send(const Request& request, const Poco::URI& uri,
                                                       std::chrono::seconds longest) {
  net::HTTPRequest message(request.method, uri.getPathAndQuery(), net::HTTPMessage::HTTP_1_1);
  for (const auto& [name, value] : request.headers) message.add(name, value);
  // An empty body of a POST is told to be empty (RFC 9110 section 8.6).
  const bool tellsLength = !request.body.empty() || request.method == "POST";
  if (tellsLength) message.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  try {
    session->setTimeout(timespan(options.connectTimeout), timespan(longest), timespan(longest));
    session->sendRequest(message) << request.body << std::flush;
  } catch (const net::CertificateValidationException&) {
    return untrusted(uri, "its certificate is for another host");
  } catch (const net::SSLException& error) {
    return untrusted(uri, error.message());
  } catch (const net::HostNotFoundException&) {
    return unreachable(uri, "there is no host of that name");
  } catch (const net::ConnectionRefusedException&) {
    return unreachable(uri, "nothing listens there");
  } catch (const Poco::TimeoutException&) {
    return unreachable(uri, "it takes too long");
  } catch (const Poco::Exception& error) {
    return unreachable(uri, error.displayText());
  }
  return std::nullopt;
}

Result<Response, Failure> HttpTransport::Connection::receive(std::chrono::seconds longest) {
  try {
    net::HTTPResponse message;
    message.setFieldLimit(kMostFields);
    std::istream& stream = session->receiveResponse(message);
    Response response{static_cast<int>(message.getStatus()), {}, {}};
    for (const auto& [name, value] : message) response.headers.add(name, value);
    auto body = readBody(stream, options.largestBody);
    if (!body) return Failure{FailureCode::relayFailed, "the relay's answer is too long to be a share"};
    const bool cut = message.hasContentLength() && session->connected() && !isBodiless(response.status) &&
                     message.getContentLength64() != static_cast<Poco::Int64>(body->size());
    if (cut) return Failure{FailureCode::answerLost, "the connection broke within the relay's answer"};
    response.body = *std::move(body);
    return response;
  } catch (const net::HTTPException&) {
    return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
  } catch (const net::MessageException&) {
    return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
  } catch (const Poco::TimeoutException&) {
    return Failure{FailureCode::answerLost,
                   "the relay did not answer within " + std::to_string(longest.count()) + " seconds"};
  } catch (const Poco::Exception& error) {
    return Failure{FailureCode::answerLost,
                   "the connection broke before the relay answered: " + error.displayText()};
  }
}

Result<std::unique_ptr<HttpTransport>> HttpTransport::open(Options options) {
  auto connection = std::make_unique<Connection>();
  try {
    // VERIFY_STRICT: the other modes let Poco skip the host name of a certificate on localhost.
    connection->tls = new net::Context(net::Context::TLS_CLIENT_USE, options.caFile,
                                       net::Context::VERIFY_STRICT, 9, options.caFile.empty(), kCiphers);
    connection->tls->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
  } catch (const Poco::Exception&) {
    return ParseError{"the CA file cannot be read or holds no certificate in PEM form"};
  }
  connection->options = std::move(options);
  return std::unique_ptr<HttpTransport>(new HttpTransport(std::move(connection)));
}

HttpTransport::HttpTransport(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

HttpTransport::~HttpTransport() = default;

Result<Response, Failure> HttpTransport::exchange(const Request& request, std::chrono::seconds longest) {
  const BrokenPipe ignored;
  const Cancellation& cancellation = connection_->options.cancellation;
  if (cancellation.cancelled()) return Cancellation::failure();
  const Poco::URI uri(request.target);
  const bool reused = connection_->isOpenTo(uri);
  connection_->prepare(uri);
  auto failure = connection_->send(request, uri, longest);
  if (failure && reused && !cancellation.cancelled()) {
    // The relay had closed the idle connection: nothing of the request was read.
    connection_->session.reset();
    connection_->prepare(uri);
    failure = connection_->send(request, uri, longest);
  }
  if (failure) {
    connection_->session.reset();
    if (cancellation.cancelled()) return Cancellation::failure();
    return *std::move(failure);
  }
  auto answer = connection_->receive(longest);
  if (!answer) connection_->session.reset();
  if (cancellation.cancelled()) return Cancellation::failure();  // an answer may have been cut by it
  return answer;
}

}  // namespace tigress::client
