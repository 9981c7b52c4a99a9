#include "server/front/front.h"

#include <stdexcept>

namespace tigress::front {
namespace {

constexpr int kRetrySeconds = 5;  // a machine that is short of something seldom is for longer

Response problem(int status, const std::string& detail) {
  return {status,
          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
          R"({"type":"about:blank","title":")" + std::string(reasonPhrase(status)) + R"(","status":)" +
              std::to_string(status) + R"(,"detail":")" + detail + "\"}\n"};
}

}  // namespace

void serialize(std::string& bytes, const Response& response, bool head, bool keepAlive,
               std::string_view date) {
  bytes += "HTTP/1.1 ";
  bytes += std::to_string(response.status);
  bytes += ' ';
  bytes += reasonPhrase(response.status);
  bytes += "\r\nDate: ";
  bytes += date;
  bytes += "\r\n";
  bytes += response.headers.text();
  if (!isBodiless(response.status)) {
    bytes += "Content-Length: ";
    bytes += std::to_string(response.body.size());
    bytes += "\r\n";
  }
  bytes += keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head && !isBodiless(response.status)) bytes += response.body;
}

Response refusalAnswer(const RequestReader::Failure& failure) {
  return problem(failure.status, failure.detail);
}

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
  if (ours) return problem(500, "the relay could not do this");
  Response response = problem(503,
                              "the relay cannot do this now; what it did not confirm may or may not have "
                              "happened: try again, and read before you write");
  response.headers.add("Retry-After", std::to_string(kRetrySeconds));
  return response;
}

}  // namespace tigress::front
