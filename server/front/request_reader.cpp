#include "server/front/request_reader.h"

#include <algorithm>
#include <optional>

#include "common/text.h"

namespace tigress::front {
namespace {

constexpr std::size_t kLongestChunkLine = 256;

constexpr ByteSet kControls = ByteSet::range('\0', '\x1F') | ByteSet("\x7F");
constexpr ByteSet kFieldBytes = ~kControls | ByteSet("\t");
constexpr ByteSet kTargetBytes = ByteSet::range('!', '~');
constexpr ByteSet kHostBytes = kUnreserved | ByteSet("%!$&'()*+,;=:[]");  // RFC 3986 section 3.2.2

std::optional<std::size_t> parseHex(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    const int digit = hexValue(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::size_t>(digit);
  }
  return value;
}

bool listHas(const Headers& headers, std::string_view name, std::string_view word) {
  const auto list = headers.joined(name);
  if (!list) return false;
  const auto parts = split(*list, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return equalsIgnoreCase(part, word); });
}

}  // namespace

std::size_t RequestReader::feed(std::string_view bytes) {
  const std::size_t offered = bytes.size();
  const Stage begun = stage_;
  while (!bytes.empty() && (stage_ == Stage::head || stage_ == Stage::body)) {
    if (begun == Stage::head && stage_ == Stage::body) break;  // the head's end is a stop of its own
    if (part_ == Part::fixedBody || part_ == Part::chunkData) {
      const std::size_t part = std::min(bodyLeft_, bytes.size());
      request_.body.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      bodyLeft_ -= part;
      if (bodyLeft_ == 0 && part_ == Part::fixedBody) stage_ = Stage::complete;
      if (bodyLeft_ == 0 && part_ == Part::chunkData) part_ = Part::chunkEnd;
    } else {
      bytes.remove_prefix(feedLine(bytes));
    }
  }
  return offered - bytes.size();
}

// Lines end with CR LF; a lone LF or CR is no line end (RFC 9112 section 2.2).
std::size_t RequestReader::feedLine(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
  const bool inHead = part_ == Part::requestLine || part_ == Part::fields || part_ == Part::trailers;
  const std::size_t limit =
      inHead ? limits_.header - std::min(limits_.header, headBytes_) : kLongestChunkLine;
  if (line_.size() + used > limit) {
    // What fails must not depend on how many bytes came at once.
    if (part_ == Part::requestLine && limit >= limits_.target) {
      fail(414, "the request target is longer than " + std::to_string(limits_.target) + " bytes");
    } else if (inHead) {
      fail(431, "the header is larger than " + std::to_string(limits_.header) + " bytes");
    } else {
      fail(400, "a chunk's size line is too long");
    }
    return used;
  }
  // A line that came in one piece is read where it is.
  if (end == std::string_view::npos || !line_.empty()) line_.append(bytes.substr(0, used));
  if (end == std::string_view::npos) return used;
  std::string_view line = line_.empty() ? bytes.substr(0, used) : line_;
  if (inHead) headBytes_ += line.size();
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    fail(400, "a line does not end with CR LF");
    return used;
  }
  line.remove_suffix(2);
  takeLine(line);
  line_.clear();
  return used;
}

void RequestReader::takeLine(std::string_view line) {
  switch (part_) {
    case Part::requestLine:
      // Empty lines before a request are ignored (RFC 9112 section 2.2); the header limit bounds them.
      if (!line.empty()) takeRequestLine(line);
      return;
    case Part::fields:
      if (line.empty()) {
        finishHead();
      } else {
        takeField(line);
      }
      return;
    case Part::chunkSize:
      takeChunkSize(line);
      return;
    case Part::chunkEnd:
      if (!line.empty()) fail(400, "a chunk is longer than its size");
      part_ = Part::chunkSize;
      return;
    case Part::trailers:
      if (line.empty()) {
        stage_ = Stage::complete;
      } else {
        takeField(line);
      }
      return;
    case Part::fixedBody:
    case Part::chunkData:
      return;
  }
}

void RequestReader::takeRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return fail(400, "the request line is malformed");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!isToken(method) || target.empty() || !kTargetBytes.hasAll(target))
    return fail(400, "the request line is malformed");
  if (target.size() > limits_.target) {
    return fail(414, "the request target is longer than " + std::to_string(limits_.target) + " bytes");
  }
  if (version.size() != 8 || !startsWith(version, "HTTP/") || version[6] != '.') {
    return fail(400, "the request line is malformed");
  }
  if (version[5] != '1' || (version[7] != '0' && version[7] != '1')) {
    return fail(505, "this is a server of HTTP/1.1 and HTTP/1.0");
  }
  // RFC 9112 section 3.2.4
  if (target == "*" && method != "OPTIONS") return fail(400, "the target * is for OPTIONS only");
  request_.method = std::string(method);
  request_.target = std::string(target);
  request_.minorVersion = version[7] - '0';
  part_ = Part::fields;
}

void RequestReader::takeField(std::string_view line) {
  const std::size_t colon = line.find(':');
  // A field that begins with a blank is folded (RFC 9112 section 5.2), which no token allows.
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) {
    return fail(400, "a header field is malformed");
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!kFieldBytes.hasAll(value)) return fail(400, "a header field holds a control character");
  if (part_ == Part::trailers) return;  // they mean nothing here
  request_.headers.add(line.substr(0, colon), value);
}

void RequestReader::finishHead() {
  const Headers& headers = request_.headers;
  const std::size_t hosts = headers.count("Host");
  if (hosts > 1 || (hosts == 0 && request_.minorVersion > 0) || !kHostBytes.hasAll(headers.get("Host"))) {
    return fail(400, "a request has exactly one valid Host (RFC 9112 section 3.2)");
  }
  const auto coding = headers.joined("Transfer-Encoding");
  const auto length = headers.joined("Content-Length");
  if (coding && (length || request_.minorVersion == 0)) {
    return fail(400, "two framings at once: send Content-Length or Transfer-Encoding, not both");
  }
  headBytes_ = 0;
  if (coding) {
    if (!equalsIgnoreCase(*coding, "chunked"))
      return fail(501, "the only transfer coding known here is chunked");
    stage_ = Stage::body;
    part_ = Part::chunkSize;
    return;
  }
  std::uint64_t size = 0;
  if (length) {
    // The same length twice is tolerated (RFC 9112 section 6.3), two different ones are not.
    for (const std::string_view text : split(*length, ',')) {
      const auto parsed = parseUnsigned(text);
      if (!parsed || (text != split(*length, ',').front())) return fail(400, "Content-Length is malformed");
      size = *parsed;
    }
  }
  if (size > limits_.body) {
    return fail(413, "the body is larger than " + std::to_string(limits_.body) + " bytes");
  }
  bodyLeft_ = static_cast<std::size_t>(size);
  part_ = Part::fixedBody;
  stage_ = size == 0 ? Stage::complete : Stage::body;
}

void RequestReader::takeChunkSize(std::string_view line) {
  std::string_view size = line.substr(0, line.find(';'));
  // Blanks may stand before an extension only (RFC 9112 section 7.1.1).
  if (size.size() < line.size()) size = size.substr(0, size.find_last_not_of(" \t") + 1);
  const auto parsed = parseHex(size);
  if (!parsed || !kFieldBytes.hasAll(line)) return fail(400, "a chunk's size is malformed");
  if (*parsed > limits_.body - request_.body.size()) {
    return fail(413, "the body is larger than " + std::to_string(limits_.body) + " bytes");
  }
  bodyLeft_ = *parsed;
  part_ = *parsed == 0 ? Part::trailers : Part::chunkData;
}

bool RequestReader::expectsContinue() const {
  return request_.minorVersion > 0 && listHas(request_.headers, "Expect", "100-continue");
}

bool RequestReader::keepsAlive() const {
  if (listHas(request_.headers, "Connection", "close")) return false;
  return request_.minorVersion > 0 || listHas(request_.headers, "Connection", "keep-alive");
}

void RequestReader::reset() {
  *this = RequestReader(limits_);
}

void RequestReader::fail(int status, std::string detail) {
  stage_ = Stage::failed;
  failure_ = {status, std::move(detail)};
}

}  // namespace tigress::front
