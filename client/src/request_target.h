#pragma once

#include <string>
#include <string_view>

namespace tigress::client {

/// The parts of an absolute URL that a request needs.
struct RequestTarget {
  std::string origin;  ///< up to the path
  std::string path;    ///< path and query as they stand in the request line (RFC 9112 section 3.2.1)
};

/// Leaves the path in the spelling it came in; what no URL holds is percent-encoded.
RequestTarget splitTarget(std::string_view url);

}  // namespace tigress::client
