#include "tigress/failure.h"

#include "tests/catch.h"

using namespace tigress;
using namespace tigress::client;

TEST_CASE("every status of a relay has its failure") {
  const std::pair<int, FailureCode> rows[] = {
      {301, FailureCode::relayFailed},
      {400, FailureCode::refusedByPolicy},
      {401, FailureCode::takenByAnotherDevice},
      {403, FailureCode::refusedByPolicy},
      {404, FailureCode::notFoundOrExpired},
      {405, FailureCode::refusedByPolicy},
      {409, FailureCode::takenByAnotherDevice},
      {410, FailureCode::notFoundOrExpired},
      {412, FailureCode::overtaken},
      {413, FailureCode::tooLarge},
      {422, FailureCode::refusedByPolicy},
      {423, FailureCode::refusedByPolicy},
      {429, FailureCode::slowDown},
      {500, FailureCode::relayFailed},
      {502, FailureCode::relayFailed},
      {503, FailureCode::slowDown},
  };
  for (const auto& [status, code] : rows) {
    INFO(status);
    const Failure failure = failureOf({status, {}, {}});
    CHECK(failure.code == code);
    CHECK_FALSE(failure.detail.empty());
  }
}

TEST_CASE("a relay that asks to slow down may say for how long") {
  CHECK(failureOf({429, {{"Retry-After", "7"}}, {}}).retryAfter == std::chrono::seconds(7));
  CHECK_FALSE(failureOf({429, {{"Retry-After", "soon"}}, {}}).retryAfter);
  CHECK_FALSE(failureOf({429, {{"Retry-After", "99999999999"}}, {}}).retryAfter);
}

TEST_CASE("the relay's explanation is passed on without its control characters") {
  const auto explained = [](const std::string& detail) {
    return failureOf({422, {{"Content-Type", "application/problem+json"}}, "{\"detail\":\"" + detail + "\"}"})
        .detail;
  };
  CHECK(explained("no such time") == "the relay refused the request with status 422 (it says: no such time)");
  CHECK(explained("\\u001b[2Jgone\\r\\n").find_first_of("\x1b\r\n") == std::string::npos);
  CHECK(explained(std::string(5000, 'x')).size() < 500);
}

TEST_CASE("an answer that is no problem document explains nothing") {
  CHECK(failureOf({403, {{"Content-Type", "text/html"}}, "<p>no</p>"}).detail ==
        "the relay refused the request with status 403");
}

TEST_CASE("a 401 of a claimed share says by its type why") {
  const auto code = [](const std::string& type) {
    return failureOf({401, {{"Content-Type", "application/problem+json"}}, "{\"type\":\"" + type + "\"}"})
        .code;
  };
  CHECK(code("urn:tigress:problem:taken-by-another-device") == FailureCode::takenByAnotherDevice);
  CHECK(code("urn:tigress:problem:claim-proof") == FailureCode::wrongKeyOrAltered);
  CHECK(code("urn:tigress:problem:access-rights") == FailureCode::refusedByPolicy);
}
