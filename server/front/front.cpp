#include "server/front/front.h"

namespace tigress::front {

std::string serialize(const Response& response, bool head, bool keepAlive, TimePoint now) {
  std::string bytes;
  bytes.reserve(512 + response.body.size());
  bytes += "HTTP/1.1 " + std::to_string(response.status) + " ";
  bytes += reasonPhrase(response.status);
  bytes += "\r\nDate: " + formatHttpDate(now) + "\r\n";
  for (const auto& [name, value] : response.headers) bytes += name + ": " + value + "\r\n";
  if (!isBodiless(response.status))
    bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  bytes += keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head && !isBodiless(response.status)) bytes += response.body;
  return bytes;
}

}  // namespace tigress::front
