#include "server/front/front.h"

#include "tests/contract/front_contract.h"

namespace tigress::front {

TEST_CASE("bytes of an answer: HEAD keeps the length and leaves out the body") {
  const auto bytesOf = [](const Response& response, bool head, bool keepAlive) {
    std::string bytes = "before ";
    serialize(bytes, response, head, keepAlive, "Sun, 06 Nov 1994 08:49:37 GMT");
    return bytes;
  };
  CHECK(
      bytesOf({404, {{"A", "b"}}, "body"}, true, false) ==
      "before HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nA: b\r\nContent-Length: 4\r\n"
      "Connection: close\r\n\r\n");
  CHECK(bytesOf({200, {}, ""}, false, true) ==
        "before HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n"
        "Connection: keep-alive\r\n\r\n");
}

}  // namespace tigress::front
