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

#include <algorithm>
#include <charconv>
#include <csignal>
#include <istream>
#include <optional>
#include <ostream>
#include <thread>

#include "client/src/broken_pipe.h"
#include "client/src/request_target.h"
#include "common/text.h"

namespace tigress::client {
namespace {

namespace net = Poco::Net;

constexpr int kMostFields = 100;
constexpr std::size_t kLongestLine = 8 * 1024;
// What TLS 1.2 may use; the suites of TLS 1.3 are all good.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::optional<Poco::URI> parseUri(const std::string& text) {
  try {
    return Poco::URI(text);
  } catch (const Poco::SyntaxException&) {
    return std::nullopt;
  }
}

Poco::Timespan timespan(std::chrono::seconds time) {
  return {static_cast<long>(time.count()), 0};
}

// Ends a connection when it is cancelled or its time is up, whatever waits for it. Through a descriptor of
// its own: Poco may close the connection's meanwhile, and the next file that is opened gets its number.
class Breaker {
 public:
  Breaker(net::StreamSocket& socket, const Cancellation& cancellation, const Cancellation& late)
      : descriptor_(fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0)) {
    const auto end = [descriptor = descriptor_] { shutdown(descriptor, SHUT_RDWR); };
    cancelled_.emplace(cancellation, end);
    late_.emplace(late, end);
  }
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;
  ~Breaker() {
    cancelled_.reset();
    late_.reset();
    if (descriptor_ >= 0) close(descriptor_);
  }

 private:
  int descriptor_;
  std::optional<Cancellation::Listener> cancelled_;
  std::optional<Cancellation::Listener> late_;
};

// Cancels `late` when its time is up, unless it ends before. The time-outs of sockets begin anew with each
// byte, so a server that sends one now and then would be waited for without end.
class Deadline {
 public:
  Deadline(const Cancellation& late, std::chrono::seconds time)
      : thread_([late, time, met = met_] {
          sigset_t all;  // are for the process's own threads
          sigfillset(&all);
          pthread_sigmask(SIG_BLOCK, &all, nullptr);
          met.sleep(time);
          if (!met.cancelled()) late.cancel();
        }) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() {
    met_.cancel();
    thread_.join();
  }

 private:
  Cancellation met_;
  std::thread thread_;
};

// What this file does itself with a session of Poco's.
class Wire {
 public:
  virtual ~Wire() = default;
  /// The next byte, or a negative number at the end.
  virtual int next() = 0;
  /// The next bytes, up to that many; none at the end.
  virtual int some(char* bytes, std::size_t most) = 0;
  virtual void forgetFailure() = 0;
};

template <class PocoSession>
class BreakableSession final : public PocoSession, public Wire {
 public:
  template <class... More>
  BreakableSession(const Poco::URI& uri, const Cancellation& cancellation, Cancellation late,
                   const More&... more)
      : PocoSession(uri.getHost(), uri.getPort(), more...),
        cancellation_(cancellation),
        late_(std::move(late)) {}

  int next() override { return this->get(); }
  int some(char* bytes, std::size_t most) override {
    return this->read(bytes, static_cast<std::streamsize>(most));
  }
  void forgetFailure() override { this->clearException(); }

 protected:
  void connect(const net::SocketAddress& address) override {
    breaker_.reset();
    PocoSession::connect(address);
    // Poco takes a TLS handshake that timed out for a connection, finishes it within the first request, and
    // never looks at the host name of the certificate that comes then (pocoproject/poco#5485).
    if (this->secure() && !net::SecureStreamSocket(this->socket()).havePeerCertificate()) {
      throw Poco::TimeoutException();
    }
    breaker_.emplace(this->socket(), cancellation_, late_);
  }

 private:
  const Cancellation& cancellation_;
  const Cancellation late_;
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

// A line within a chunked body, without its end.
std::string readLine(Wire& wire) {
  std::string line;
  for (int c = wire.next(); c != '\n'; c = wire.next()) {
    if (c < 0) throw net::ConnectionResetException();
    if (line.size() == kLongestLine) throw net::MessageException();
    line += static_cast<char>(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

// A chunked body (RFC 9112 section 7.1), or nothing if it has more bytes than `most`. Poco takes one that was
// cut off for a whole one.
std::optional<std::string> readChunks(Wire& wire, std::size_t most) {
  std::string body;
  for (;;) {
    const std::string line = readLine(wire);
    const std::string_view digits = trimmed(std::string_view(line).substr(0, line.find(';')));
    std::size_t size = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
      throw net::MessageException();
    }
    if (size == 0) break;
    if (size > most - body.size()) return std::nullopt;
    std::size_t at = body.size();
    body.resize(at + size);
    while (at < body.size()) {
      const int count = wire.some(body.data() + at, body.size() - at);
      if (count <= 0) throw net::ConnectionResetException();
      at += static_cast<std::size_t>(count);
    }
    if (!readLine(wire).empty()) throw net::MessageException();
  }
  for (int fields = 0; !readLine(wire).empty(); ++fields) {
    if (fields == kMostFields) throw net::MessageException();
  }
  return body;
}

Failure answeredTooLate(std::chrono::seconds longest) {
  return {FailureCode::answerLost,
          "the relay did not answer within " + std::to_string(longest.count()) + " seconds"};
}

}  // namespace

/// The open connection and what it takes to make one.
struct HttpTransport::Connection {
  Options options;
  net::Context::Ptr tls;
  std::string origin;
  std::unique_ptr<net::HTTPClientSession> session;
  Wire* wire = nullptr;  // the session
  Cancellation late;     // what takes longer than it may
  bool unsent = false;   // whether the server answered before it had read the whole request

  bool isOpenTo(const Poco::URI& uri) const {
    return session && session->connected() && origin == uri.getScheme() + "://" + uri.getAuthority();
  }

  void prepare(const Poco::URI& uri) {
    if (isOpenTo(uri)) return;
    origin = uri.getScheme() + "://" + uri.getAuthority();
    if (uri.getScheme() == "https") {
      adopt(
          std::make_unique<BreakableSession<net::HTTPSClientSession>>(uri, options.cancellation, late, tls));
    } else {
      adopt(std::make_unique<BreakableSession<net::HTTPClientSession>>(uri, options.cancellation, late));
    }
    session->setKeepAlive(true);
  }

  template <class Session>
  void adopt(std::unique_ptr<Session> made) {
    wire = made.get();
    session = std::move(made);
  }

  TIGRESS_LOCAL std::optional<Failure> send(const Request& request, const Poco::URI& uri,
                                            std::chrono::seconds longest);
  TIGRESS_LOCAL void finishRequest();
  TIGRESS_LOCAL Result<Response, Failure> receive(const Request& request, std::chrono::seconds longest);
};

std::optional<Failure> HttpTransport::Connection::send(const Request& request, const Poco::URI& uri,
                                                       std::chrono::seconds longest) {
  net::HTTPRequest message(request.method, splitTarget(request.target).path, net::HTTPMessage::HTTP_1_1);
  for (const auto& [name, value] : request.headers) message.add(std::string(name), std::string(value));
  // An empty body of a POST is told to be empty (RFC 9110 section 8.6).
  const bool tellsLength = !request.body.empty() || request.method == "POST";
  if (tellsLength) message.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  try {
    session->setTimeout(timespan(std::min(options.connectTimeout, longest)), timespan(longest),
                        timespan(longest));
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

// A server that refuses a long request may close before it has read all of it. What it said then is worth
// more than the broken pipe.
void HttpTransport::Connection::finishRequest() {
  unsent = false;
  try {
    session->flushRequest();
  } catch (const Poco::IOException&) {
    unsent = true;
    wire->forgetFailure();
  }
}

Result<Response, Failure> HttpTransport::Connection::receive(const Request& request,
                                                             std::chrono::seconds longest) {
  try {
    finishRequest();
    net::HTTPResponse message;
    message.setFieldLimit(kMostFields);
    std::istream& stream = session->receiveResponse(message);
    Response response{static_cast<int>(message.getStatus()), {}, {}};
    for (const auto& [name, value] : message) response.headers.add(name, value);
    // The length of an answer to HEAD is that of another one (RFC 9110 section 9.3.2).
    if (request.method == "HEAD" || isBodiless(response.status)) return response;
    const bool chunked = message.getChunkedTransferEncoding();
    auto body = chunked ? readChunks(*wire, options.largestBody) : readBody(stream, options.largestBody);
    if (!body) return Failure{FailureCode::relayFailed, "the relay's answer is too long to be a share"};
    if (const Poco::Exception* failure = session->networkException()) failure->rethrow();
    const bool cut = !chunked && message.hasContentLength() &&
                     message.getContentLength64() != static_cast<Poco::Int64>(body->size());
    if (cut) return Failure{FailureCode::answerLost, "the connection broke within the relay's answer"};
    response.body = *std::move(body);
    return response;
  } catch (const net::HTTPException&) {
    return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
  } catch (const net::MessageException&) {
    return Failure{FailureCode::relayFailed, "what answered does not speak HTTP"};
  } catch (const Poco::TimeoutException&) {
    return answeredTooLate(longest);
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
  const auto uri = parseUri(request.target);
  // What people give is looked at where they give it.
  if (!uri) return Failure{FailureCode::relayFailed, "the relay gave an address that cannot be read"};
  if (connection_->late.cancelled()) connection_->late = Cancellation();
  const Cancellation late = connection_->late;
  std::optional<Deadline> deadline(std::in_place, late, longest);

  const bool reused = connection_->isOpenTo(*uri);
  connection_->prepare(*uri);
  auto failure = connection_->send(request, *uri, longest);
  if (failure && reused && !cancellation.cancelled() && !late.cancelled()) {
    // The relay had closed the idle connection: nothing of the request was read.
    connection_->session.reset();
    connection_->prepare(*uri);
    failure = connection_->send(request, *uri, longest);
  }
  if (failure) {
    deadline.reset();
    connection_->session.reset();
    if (cancellation.cancelled()) return Cancellation::failure();
    return *std::move(failure);
  }
  auto answer = connection_->receive(request, longest);
  deadline.reset();
  if (!answer || connection_->unsent || late.cancelled()) connection_->session.reset();
  // An answer may have been cut by either.
  if (cancellation.cancelled()) return Cancellation::failure();
  if (late.cancelled()) return answeredTooLate(longest);
  return answer;
}

}  // namespace tigress::client
