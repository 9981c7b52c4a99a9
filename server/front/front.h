#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "server/front/reply.h"
#include "server/front/request_reader.h"
#include "tigress/timestamp.h"

namespace tigress::front {

/// What a front hands its requests to. Called from many threads at once; never blocks for long, because a
/// thread may serve many connections: what has to be waited for is answered later.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Answers, now or later. A failure becomes the answer of answerToFailure().
  virtual void answer(Request request, Reply reply) = 0;
  /// Answers a request whose sender waits before it sends the body, if the head decides already.
  virtual void answerToHead(Request head, Reply reply) = 0;
};

/// How connections are served.
enum class FrontKind {
  events,   ///< a few loops for all (epoll, Linux)
  threads,  ///< a thread for each connection, anywhere
};

struct FrontSettings {
  FrontKind kind = FrontKind::events;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: a free one
  ReaderLimits limits;
  int loops = 0;  ///< of FrontKind::events; 0: one for each processor
  /// Served at once. Then the one that is idle between two requests for the longest gives way to a new one;
  /// if none is, new ones wait, and answers are the last of their connections meanwhile.
  int connections = 512;
  std::uint32_t requestsPerConnection = 10000;     ///< then it is closed, with the last answer saying so
  std::chrono::milliseconds idleTimeout{60000};    ///< between requests
  std::chrono::milliseconds headerTimeout{10000};  ///< from a request's first byte to the end of its fields
  std::chrono::milliseconds bodyTimeout{15000};    ///< from there to its last byte
  std::chrono::milliseconds writeTimeout{15000};   ///< without a client taking any byte of its answer
  std::string certificateFile;                     ///< PEM chain; empty: plain HTTP
  std::string keyFile;
  std::string secondCertificateFile;  ///< of another key type, beside the first; empty: none
  std::string secondKeyFile;
  std::chrono::seconds ticketRotation{12 * 3600};  ///< how often the key of TLS tickets changes
  /// Whether a connection from that address is served, or closed at once. Any thread.
  std::function<bool(const std::string& peer)> mayOpen = [](const std::string&) { return true; };
  /// Told of the end of each connection that was. Any thread.
  std::function<void(const std::string& peer)> onClose = [](const std::string&) {};
  /// Told of bytes that were no request, and with which status they were refused.
  std::function<void(int status)> onRefused = [](int) {};
  /// Told about failures of our own; never holds anything of the request.
  std::function<void(const std::string&)> onError = [](const std::string&) {};
};

/// How requests come in: a listener that is open as long as the object lives.
class Front {
 public:
  virtual ~Front() = default;
  /// Where it listens.
  virtual std::uint16_t port() const = 0;
  /// How many connections are open. Any thread.
  virtual int connections() const = 0;
  /// Begins to take requests. Called once; the handler must outlive stop().
  virtual void serve(RequestHandler& handler) = 0;
  /// Reads the certificates again, for connections to come. Throws std::runtime_error if one cannot be used;
  /// then the old ones stay. Any thread.
  virtual void reloadCertificates() = 0;
  /// Stops accepting, lets requests that have begun finish for `grace`, then closes every connection.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Appends an answer's bytes. `head`: leave the body out but keep its length. Adds Date, Content-Length and
/// Connection.
void serialize(std::string& bytes, const Response& response, bool head, bool keepAlive,
               std::string_view date);

/// The answer to bytes that are no request. What follows them cannot be told apart, so it is the last.
Response refusalAnswer(const RequestReader::Failure& failure);
/// The answer to a request that failed by no fault of its own. A machine that does not do its part (a store
/// that is locked or unreadable, no memory, no descriptors, no randomness) is a 503 with Retry-After; a
/// mistake of ours, which is a std::logic_error, a 500. The client learns nothing more; `onError` is told.
Response answerToFailure(const std::exception_ptr& failure,
                         const std::function<void(const std::string&)>& onError);

}  // namespace tigress::front
