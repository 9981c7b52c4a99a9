#include "tigress/http_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/catch.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

// A server on the loopback that gives each connection the answers written for it, one for each request,
// and then closes it.
class ScriptedServer {
 public:
  using Connection = std::vector<std::string>;

  // What is done with a connection when its answers were given; nothing more, without.
  using Rest = std::function<void(int connection)>;

  explicit ScriptedServer(std::vector<Connection> script, Rest rest = {})
      : listener_(socket(AF_INET, SOCK_STREAM, 0)), rest_(std::move(rest)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] { play(script); });
  }
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/x?y=1"; }
  // What came in, once all of the script was played.
  const std::vector<std::string>& finish() {
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) close(listener_);
    listener_ = -1;
    return requests_;
  }

 private:
  void play(const std::vector<Connection>& script) {
    for (const Connection& answers : script) {
      const int connection = accept(listener_, nullptr, nullptr);
      for (const std::string& answer : answers) {
        requests_.push_back(readRequest(connection));
        if (!answer.empty()) (void)!write(connection, answer.data(), answer.size());
      }
      if (rest_) rest_(connection);
      close(connection);
    }
  }

  static std::string readRequest(int connection) {
    std::string text;
    char part[4096];
    std::size_t end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos || text.size() < end + 4 + bodySize(text)) {
      const ssize_t count = read(connection, part, sizeof part);
      if (count <= 0) break;
      text.append(part, static_cast<std::size_t>(count));
    }
    return text;
  }

  static std::size_t bodySize(const std::string& text) {
    constexpr std::string_view kName = "Content-Length: ";
    const std::size_t at = text.find(kName);
    return at == std::string::npos ? 0 : std::stoul(text.substr(at + kName.size()));
  }

  int listener_;
  Rest rest_;
  int port_ = 0;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::unique_ptr<HttpTransport> transport(std::size_t largestBody = 1000) {
  HttpTransport::Options options;
  options.largestBody = largestBody;
  options.connectTimeout = 1s;
  auto opened = HttpTransport::open(options);
  REQUIRE(opened);
  return *std::move(opened);
}

void checkFails(const Result<Response, Failure>& answer, FailureCode code) {
  REQUIRE_FALSE(answer);
  INFO(answer.error().detail);
  CHECK(static_cast<int>(answer.error().code) == static_cast<int>(code));
}

// Sends a part again and again until the client is gone.
ScriptedServer::Rest withoutEnd(const std::string& part) {
  return [part](int connection) {
    pollfd client{connection, POLLRDHUP, 0};
    while (poll(&client, 1, 20) == 0) (void)!send(connection, part.data(), part.size(), MSG_NOSIGNAL);
  };
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace

TEST_CASE("an exchange carries method, target, headers and body there and back") {
  ScriptedServer server({{ok("hello")}});
  const auto answer = transport()->exchange({"PROPFIND", server.url(), {{"Depth", "0"}}, "<x/>"}, 10s);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->headers.get("etag") == "\"1\"");
  CHECK(answer->body == "hello");
  const std::string request = server.finish().at(0);
  CHECK(request.find("PROPFIND /v1/x?y=1 HTTP/1.1\r\n") == 0);
  CHECK(request.find("Depth: 0\r\n") != std::string::npos);
  CHECK(request.find("Host: 127.0.0.1:") != std::string::npos);
  CHECK(request.substr(request.size() - 8) == "\r\n\r\n<x/>");
}

TEST_CASE("a connection serves several requests") {
  ScriptedServer server({{ok("one"), "HTTP/1.1 204 No Content\r\n\r\n", ok("three")}});
  const auto client = transport();
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "one");
  CHECK(client->exchange({"DELETE", server.url(), {}, {}}, 10s)->status == 204);
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "three");
}

TEST_CASE("a connection that closed after an answer is replaced") {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"}, {ok("b")}});
  const auto client = transport();
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "a");
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "b");
}

TEST_CASE("a redirect is an answer like any other") {
  ScriptedServer server({{"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}});
  CHECK(transport()->exchange({"PUT", server.url(), {}, "x"}, 10s)->status == 307);
}

TEST_CASE("a relay that is not there is unreachable") {
  ScriptedServer server({});
  server.finish();
  checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::unreachable);
}

TEST_CASE("a relay that does not speak TLS is unreachable") {
  ScriptedServer server({{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"}});
  std::string url = server.url();
  url.insert(4, "s");
  checkFails(transport()->exchange({"GET", url, {}, {}}, 10s), FailureCode::unreachable);
}

TEST_CASE("a connection that ends without an answer loses it") {
  ScriptedServer server({{""}});
  checkFails(transport()->exchange({"PUT", server.url(), {}, "x"}, 10s), FailureCode::answerLost);
}

TEST_CASE("a connection that ends within an answer loses it") {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}});
  checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::answerLost);
}

TEST_CASE("an answer that takes too long is lost") {
  int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(silent, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(listen(silent, 1) == 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  checkFails(transport()->exchange({"GET", url, {}, {}}, 1s), FailureCode::answerLost);
  close(silent);
}

TEST_CASE("an answer that never ends is lost when its time is up") {
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x"},           {"HTTP/1.1 200 OK\r\n\r\n", "x"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x"},   {"HTTP/1.1 200 OK\r\nX: ", "x"},
      {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"},
  };
  for (const auto& [begins, goesOn] : rows) {
    INFO(begins);
    ScriptedServer server({{begins}}, withoutEnd(goesOn));
    checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 1s), FailureCode::answerLost);
  }
}

TEST_CASE("an answer to HEAD has no body, whatever length it tells") {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 10\r\n\r\n", ok("next")}});
  const auto client = transport();
  const auto answer = client->exchange({"HEAD", server.url(), {}, {}}, 10s);
  REQUIRE(answer);
  CHECK(answer->headers.get("ETag") == "\"1\"");
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "next");
}

TEST_CASE("a chunked answer is whole, or lost") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3;x=y\r\nabc\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  ScriptedServer whole({{head + body, ok("next")}});
  const auto client = transport();
  CHECK(client->exchange({"GET", whole.url(), {}, {}}, 10s)->body == "abc0123456789");
  CHECK(client->exchange({"GET", whole.url(), {}, {}}, 10s)->body == "next");

  for (std::size_t size = 0; size < body.size(); ++size) {
    INFO(size);
    ScriptedServer server({{head + body.substr(0, size)}});
    checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::answerLost);
  }
  for (const std::string& wrong : {std::string("x\r\n"), std::string("\r\n"), std::string("-1\r\n"),
                                   std::string("1\r\nab\r\n"), std::string("fffffffffffffffff\r\n"),
                                   "1;" + std::string(10'000, 'x'), std::string("fffffffffffffff0\r\n")}) {
    INFO(wrong.substr(0, 20));
    ScriptedServer server({{head + wrong}});
    checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::relayFailed);
  }
}

TEST_CASE("what a relay says before it has read the whole request is heard") {
  ScriptedServer server({{}, {ok("again")}}, [first = true](int connection) mutable {
    if (!std::exchange(first, false)) return;
    char part[1024];
    (void)!read(connection, part, sizeof part);
    const std::string answer = "HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n";
    (void)!write(connection, answer.data(), answer.size());
  });
  const auto client = transport();
  const auto answer = client->exchange({"PUT", server.url(), {}, std::string(8'000'000, 'x')}, 10s);
  REQUIRE(answer);
  CHECK(answer->status == 413);
  CHECK(client->exchange({"GET", server.url(), {}, {}}, 10s)->body == "again");
}

TEST_CASE("a path is asked for in the spelling it came in") {
  ScriptedServer server({{ok("")}});
  const std::string origin = server.url().substr(0, server.url().find("/v1/"));
  CHECK(transport()->exchange({"GET", origin + "/Anna's%20(keys)/\xC3\xA4 b?x='1'#f", {}, {}}, 10s));
  CHECK(server.finish().at(0).find("GET /Anna's%20(keys)/%C3%A4%20b?x='1' HTTP/1.1\r\n") == 0);
}

TEST_CASE("a target that is no address has failed, and nothing is sent") {
  for (const char* target : {"http://127.0.0.1:1/v1/%zz", "http://127.0.0.1:99999/", "http://127.0.0.1:x/"}) {
    INFO(target);
    checkFails(transport()->exchange({"GET", target, {}, {}}, 10s), FailureCode::relayFailed);
  }
}

TEST_CASE("what does not speak HTTP has failed as a relay") {
  ScriptedServer server({{"220 mail.example ESMTP\r\n\r\n"}});
  checkFails(transport()->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::relayFailed);
}

TEST_CASE("an answer longer than any share has failed") {
  ScriptedServer server({{ok(std::string(1001, 'x'))}});
  checkFails(transport(1000)->exchange({"GET", server.url(), {}, {}}, 10s), FailureCode::relayFailed);
}

TEST_CASE("a CA file that is none is refused before anything is sent") {
  HttpTransport::Options options;
  options.caFile = TIGRESS_SOURCE_DIR "/CMakeLists.txt";
  CHECK_FALSE(HttpTransport::open(options));
  options.caFile = "/nonexistent/ca.pem";
  CHECK_FALSE(HttpTransport::open(options));
}
