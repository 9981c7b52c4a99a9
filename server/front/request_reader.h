#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "tigress/http_message.h"

namespace tigress::front {

/// What a request may weigh, in bytes.
struct ReaderLimits {
  std::size_t target = 2048;
  std::size_t header = 16384;  ///< request line and all fields
  std::size_t body = 65536;
};

/// HTTP/1.x requests out of a stream of bytes (RFC 9112): pure and incremental, the same for every front.
/// Strict where leniency would let two parties see two different requests: no bare line feeds, no folded
/// fields, no blank before a colon, one framing, one Host.
class RequestReader {
 public:
  enum class Stage {
    head,      ///< wants more bytes of the request line or the fields
    body,      ///< the head is complete, the body is not
    complete,  ///< request() is whole
    failed,    ///< no request can be read here any more: answer failure() and close
  };

  struct Failure {
    int status = 400;
    std::string detail;
  };

  explicit RequestReader(ReaderLimits limits) : limits_(limits) {}

  /// Takes bytes up to the end of the current stage's unit and says how many. Stops once when the head is
  /// complete, so that its sender can be answered before the body is read, and at the end of the request:
  /// what follows belongs to the next.
  std::size_t feed(std::string_view bytes);

  Stage stage() const { return stage_; }
  /// Valid from stage `body` on; its body from `complete` on.
  const Request& request() const { return request_; }
  /// request(), given away; reset() comes next.
  Request takeRequest() { return std::move(request_); }
  const Failure& failure() const { return failure_; }
  /// Whether any byte of a request has come.
  bool started() const { return stage_ != Stage::head || !line_.empty() || headBytes_ > 0; }
  /// The sender waits for "100 Continue" (RFC 9110 section 10.1.1).
  bool expectsContinue() const;
  /// Whether the connection may carry another request after this one (RFC 9112 section 9.3).
  bool keepsAlive() const;

  /// Ready for the next request.
  void reset();

 private:
  enum class Part { requestLine, fields, fixedBody, chunkSize, chunkData, chunkEnd, trailers };

  std::size_t feedLine(std::string_view bytes);
  void takeLine(std::string_view line);
  void takeRequestLine(std::string_view line);
  void takeField(std::string_view line);
  void takeChunkSize(std::string_view line);
  void finishHead();
  void fail(int status, std::string detail);

  ReaderLimits limits_;
  Stage stage_ = Stage::head;
  Part part_ = Part::requestLine;
  Request request_;
  Failure failure_;
  std::string line_;           // what came of a line that has not ended yet
  std::size_t headBytes_ = 0;  // bytes of complete lines of the head, or of the trailers
  std::size_t bodyLeft_ = 0;   // of the body, or of the chunk
};

}  // namespace tigress::front
