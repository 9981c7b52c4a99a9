#include "server/front/front.h"

#include <stdexcept>

namespace tigress::front {
namespace {

constexpr int kRetrySeconds = 5;  // a machine that is short of something seldom is for longer

}  // namespace

Response answerToFailure(const std::exception_ptr& failure,
                         const std::function<void(const std::string&)>& onError) {
  bool ours = false;
  try {
    std::rethrow_exception(failure);
  } catch (const std::logic_error& error) {
    ours = true;
    onError(error.what());
  } catch (const std::exception& error) {
    onError(error.what());
  }
  const int status = ours ? 500 : 503;
  const std::string detail = ours ? "the relay could not do this"
                                  : "the relay cannot do this now; what it did not confirm may or may not "
                                    "have happened: try again, and read before you write";
  Response response{status,
                    {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
                    "{\"type\":\"about:blank\",\"title\":\"" + std::string(reasonPhrase(status)) +
                        "\",\"status\":" + std::to_string(status) + ",\"detail\":\"" + detail + "\"}\n"};
  if (!ours) response.headers.add("Retry-After", std::to_string(kRetrySeconds));
  return response;
}

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
