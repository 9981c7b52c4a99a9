#include "client/src/request_target.h"

#include <algorithm>

#include "tigress/http_message.h"

namespace tigress::client {

RequestTarget splitTarget(std::string_view url) {
  // What may stand in a path and a query beside letters and digits (RFC 3986 section 3.4).
  constexpr std::string_view kMarks = "%/?:@!$&'()*+,;=[]|";
  url = url.substr(0, url.find('#'));
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?", host), url.size());
  const std::string_view rest = url.substr(path);
  const bool rooted = !rest.empty() && rest.front() == '/';
  return {std::string(url.substr(0, path)), (rooted ? "" : "/") + percentEncode(rest, kMarks)};
}

}  // namespace tigress::client
