#include "server/front/threaded_front.h"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/catch.h"
#include "tests/server/front/socket_client.h"

namespace tigress::front {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers with what it was asked, and keeps what it was asked.
class Echo : public RequestHandler {
 public:
  void answer(Request request, Reply reply) override {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      seen_.push_back(request.method + " " + request.target + " [" + request.body + "]");
    }
    try {
      reply.send(onAnswer ? onAnswer(request)
                          : Response{200, {{"X-Echo", request.target}}, request.method + " " + request.body});
    } catch (...) {
      reply.fail(std::current_exception());
    }
  }
  void answerToHead(Request head, Reply reply) override {
    const auto early = onHead ? onHead(head) : std::nullopt;
    early ? reply.send(*early) : reply.proceed();
  }
  std::vector<std::string> seen() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return seen_;
  }

  std::function<Response(const Request&)> onAnswer;
  std::function<std::optional<Response>(const Request&)> onHead;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
};

// A front on a free port with its handler. It stops before the handler goes.
struct Serving {
  explicit Serving(const std::function<void(FrontSettings&)>& change = {}) {
    FrontSettings settings;
    settings.limits = {256, 1024, 64};
    settings.onError = [this](const std::string& what) {
      const std::lock_guard<std::mutex> guard(mutex);
      errors.push_back(what);
    };
    if (change) change(settings);
    front = openThreadedFront(settings);
    front->serve(handler);
  }
  ~Serving() { front->stop(seconds(0)); }

  std::uint16_t port() const { return front->port(); }

  std::mutex mutex;
  std::vector<std::string> errors;
  Echo handler;
  std::unique_ptr<Front> front;
};

std::string request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::string bodyOf(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace

TEST_CASE("a front on port 0 listens on a free port and says which") {
  Serving one;
  Serving two;
  CHECK(one.port() != 0);
  CHECK(one.port() != two.port());
}

TEST_CASE("a port that is taken is an error at start-up") {
  Serving one;
  CHECK_THROWS(Serving([&](FrontSettings& settings) { settings.port = one.port(); }));
}

TEST_CASE("an answer has a status line, a date, its length and its fields") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /a", "Content-Length: 5\r\n", "hello")));
  const std::string answer = client.receiveAnswer();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("\r\nX-Echo: /a\r\n") &&
                         Contains("\r\nContent-Length: 9\r\n") && Contains("\r\nConnection: keep-alive\r\n"));
  const std::size_t date = answer.find("\r\nDate: ") + 8;
  CHECK(parseHttpDate(answer.substr(date, answer.find("\r\n", date) - date)));
  CHECK(bodyOf(answer) == "PUT hello");
}

TEST_CASE("a connection serves one request after the other") {
  Serving serving;
  SocketClient client(serving.port());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(request("GET /" + std::to_string(i))));
    CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /" + std::to_string(i) + "\r\n"));
  }
}

TEST_CASE("pipelined requests are answered in their order") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("PUT /2", "Content-Length: 3\r\n", "abc") +
                      request("PUT /3", "Transfer-Encoding: chunked\r\n", "1\r\nd\r\n0\r\n\r\n") +
                      request("HEAD /4") + request("GET /5", "Connection: close\r\n")));
  CHECK(bodyOf(client.receiveAnswer()) == "GET ");
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
  CHECK(bodyOf(client.receiveAnswer()) == "PUT d");
  CHECK_THAT(client.receiveUntil("\r\n\r\n"), Contains("X-Echo: /4") && Contains("Content-Length: 5\r\n"));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Connection: close\r\n"));
}

TEST_CASE("a request may come byte by byte") {
  Serving serving;
  SocketClient client(serving.port());
  for (const char byte : request("PUT /", "Content-Length: 3\r\n", "abc")) {
    REQUIRE(client.send(std::string(1, byte)));
  }
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
}

TEST_CASE("the connection closes when the request asks for it or HTTP/1.0 does not ask to stay") {
  Serving serving;
  for (const std::string& bytes :
       {request("GET /", "Connection: close\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    SocketClient client(serving.port());
    REQUIRE(client.send(bytes));
    CHECK_THAT(client.receiveAll(), Contains("\r\nConnection: close\r\n"));
  }
  SocketClient client(serving.port());
  REQUIRE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_THAT(client.receiveAnswer(), Contains("\r\nConnection: keep-alive\r\n"));
  REQUIRE(client.send("GET / HTTP/1.0\r\n\r\n"));
  CHECK_THAT(client.receiveAll(), Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("answers that have no body say no length") {
  Serving serving;
  for (const int status : {204, 304}) {
    serving.handler.onAnswer = [&](const Request&) { return Response{status, {}, "must not be sent"}; };
    SocketClient client(serving.port());
    REQUIRE(client.send(request("GET /", "Connection: close\r\n")));
    const std::string answer = client.receiveAll();
    CHECK_THAT(answer, !Contains("Content-Length") && Catch::EndsWith("\r\n\r\n"));
  }
}

TEST_CASE("an announced body that is too large is refused, and what follows is not taken for a request") {
  Serving serving;
  const std::string inner = request("DELETE /inner");
  std::string body;
  while (body.size() < 1000) body += inner;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: " + std::to_string(body.size()) + "\r\n", body)));
  client.endSending();
  const std::string answer = client.receiveAll();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 413 ") && Contains("\r\nConnection: close\r\n") &&
                         Contains("application/problem+json") && Contains("\"status\":413"));
  CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(serving.handler.seen().empty());
}

TEST_CASE("two framings at once are refused, and nothing behind them is served") {
  Serving serving;
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 30\r\n", "Content-Length : 5\r\n",
                             "Transfer-Encoding: \x0B"
                             "chunked\r\n"}) {
    INFO(fields);
    SocketClient client(serving.port());
    REQUIRE(client.send(request("PUT /", fields, "0\r\n\r\n") + request("DELETE /inner")));
    client.endSending();
    const std::string answer = client.receiveAll();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 400 ") && Contains("\r\nConnection: close\r\n"));
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  }
  CHECK(serving.handler.seen().empty());
}

TEST_CASE("a request that is good is answered before one that is not") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("GET /good") + "nonsense\r\n\r\n"));
  client.endSending();
  CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /good"));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 400 "));
}

TEST_CASE("a sender that waits is told to go on") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  CHECK(client.receiveUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(client.send("abc"));
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
}

TEST_CASE("a sender that waits is answered without its body when the head decides") {
  Serving serving;
  serving.handler.onHead = [](const Request& head) {
    return std::optional<Response>({307, {{"Location", "/v1" + head.target}}, ""});
  };
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /x", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 307 ") && Contains("\r\nLocation: /v1/x\r\n") &&
                                      Contains("\r\nConnection: close\r\n") && !Contains("100 Continue"));
  CHECK(serving.handler.seen().empty());
}

TEST_CASE("a sender that waits with a body that is too large is refused at once") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 65\r\nExpect: 100-continue\r\n")));
  CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("a request that does not arrive in time is answered 408, wherever it stopped") {
  Serving serving([](FrontSettings& settings) { settings.requestTimeout = milliseconds(30); });
  for (const std::string& part : {std::string("GET / HT"), request("PUT /", "Content-Length: 3\r\n", "ab"),
                                  request("PUT /", "Transfer-Encoding: chunked\r\n", "3\r\na")}) {
    INFO(part);
    SocketClient client(serving.port());
    REQUIRE(client.send(part));
    CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 408 ") && Contains("\r\nConnection: close\r\n"));
  }
  CHECK(serving.handler.seen().empty());
}

TEST_CASE("a connection without a request is closed without a word") {
  Serving serving([](FrontSettings& settings) { settings.idleTimeout = milliseconds(30); });
  SocketClient silent(serving.port());
  CHECK(silent.receiveAll().empty());
  SocketClient client(serving.port());
  REQUIRE(client.send(request("GET /")));
  CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  CHECK(client.receiveAll().empty());
}

TEST_CASE("a machine that fails is a 503 that says when to come back and nothing of the failure") {
  Serving serving;
  serving.handler.onAnswer = [](const Request& asked) -> Response {
    if (asked.target == "/1") throw std::runtime_error("the disk is on fire");
    if (asked.target == "/2") throw std::bad_alloc();
    return {200, {}, ""};
  };
  SocketClient client(serving.port());
  for (const char* target : {"GET /1", "GET /2"}) {
    REQUIRE(client.send(request(target)));
    CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 503 ") && Contains("\r\nRetry-After: 5\r\n") &&
                                           Contains("problem+json") && Contains("try again") &&
                                           !Contains("fire"));
  }
  REQUIRE(client.send(request("GET /3")));
  CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  serving.front->stop(seconds(1));
  CHECK(serving.errors == std::vector<std::string>{"the disk is on fire", "std::bad_alloc"});
}

TEST_CASE("a mistake of ours is a 500 that tells nothing, and the end of the connection") {
  Serving serving;
  serving.handler.onAnswer = [](const Request&) -> Response { throw std::logic_error("a broken promise"); };
  SocketClient client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("GET /2")));
  const std::string answer = client.receiveAll();
  CHECK_THAT(answer,
             StartsWith("HTTP/1.1 500 ") && Contains("\r\nConnection: close\r\n") && !Contains("promise"));
  CHECK(serving.handler.seen() == std::vector<std::string>{"GET /1 []"});
  serving.front->stop(seconds(1));
  CHECK(serving.errors == std::vector<std::string>{"a broken promise"});
}

TEST_CASE("clients that go away in the middle do no harm") {
  Serving serving;
  for (const std::string& part :
       {std::string(), std::string("GET"), request("PUT /", "Content-Length: 9\r\n", "ab"),
        request("PUT /", "Content-Length: 9\r\nExpect: 100-continue\r\n"), request("GET /")}) {
    SocketClient client(serving.port());
    REQUIRE(client.send(part));
    client.close();
  }
  SocketClient client(serving.port());
  REQUIRE(client.send(request("GET /after")));
  CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /after"));
}

TEST_CASE("more connections than are served at once wait for their turn") {
  Serving serving([](FrontSettings& settings) { settings.connections = 2; });
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  serving.handler.onAnswer = [&](const Request&) {
    gone.wait();
    return Response{200, {}, "done"};
  };
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<SocketClient>(serving.port()));
    REQUIRE(clients.back()->send(request("GET /", "Connection: close\r\n")));
  }
  go.set_value();
  for (const auto& client : clients) CHECK(bodyOf(client->receiveAll()) == "done");
}

TEST_CASE("many connections at once get each its own answers") {
  Serving serving;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      SocketClient client(serving.port());
      for (int k = 0; k < 20; ++k) {
        const std::string body = std::to_string(i) + "-" + std::to_string(k);
        client.send(request("PUT /", "Content-Length: " + std::to_string(body.size()) + "\r\n", body));
        if (bodyOf(client.receiveAnswer()) == "PUT " + body) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 16 * 20);
}

TEST_CASE("a front that stops finishes what has begun, closes what is idle and takes nothing new") {
  Serving serving;
  std::promise<void> entered;
  std::promise<void> go;
  serving.handler.onAnswer = [&, first = true](const Request& asked) mutable {
    if (asked.target == "/slow" && first) {
      first = false;
      entered.set_value();
      go.get_future().wait();
    }
    return Response{200, {}, "answer to " + asked.target};
  };
  SocketClient idle(serving.port());
  REQUIRE(idle.send(request("GET /before")));
  REQUIRE(bodyOf(idle.receiveAnswer()) == "answer to /before");
  SocketClient silent(serving.port());
  SocketClient slow(serving.port());
  REQUIRE(slow.send(request("GET /slow") + request("GET /never")));
  entered.get_future().wait();

  const std::uint16_t port = serving.port();
  std::thread stopping([&] { serving.front->stop(seconds(30)); });
  CHECK(idle.receiveAll().empty());
  CHECK(silent.receiveAll().empty());
  CHECK_FALSE(SocketClient(port).connected());
  go.set_value();
  const std::string answer = slow.receiveAll();
  stopping.join();
  CHECK(bodyOf(answer) == "answer to /slow");
  CHECK_THAT(answer, Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("a front that stops waits for the rest of a request that has begun to arrive") {
  Serving serving;
  serving.handler.onHead = [](const Request&) { return std::nullopt; };
  SocketClient idle(serving.port());
  REQUIRE(idle.send(request("GET /before")));
  idle.receiveAnswer();
  SocketClient slow(serving.port());
  REQUIRE(slow.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  REQUIRE_THAT(slow.receiveUntil("\r\n\r\n"), Contains("100 Continue"));
  std::thread stopping([&] { serving.front->stop(seconds(30)); });
  CHECK(idle.receiveAll().empty());  // by now it is stopping
  REQUIRE(slow.send("abc"));
  CHECK(bodyOf(slow.receiveAll()) == "PUT abc");
  stopping.join();
}

TEST_CASE("a front that stops does not wait for longer than its grace") {
  Serving serving;
  SocketClient client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  REQUIRE_THAT(client.receiveUntil("\r\n\r\n"), Contains("100 Continue"));
  serving.front->stop(milliseconds(10));
  CHECK(client.receiveAll().empty());
  serving.front->stop(milliseconds(10));  // a second time changes nothing
}

TEST_CASE("a front that never served can be stopped") {
  const auto front = openThreadedFront({});
  CHECK(front->port() != 0);
  front->stop(seconds(1));
}

TEST_CASE("bytes of an answer: HEAD keeps the length and leaves out the body") {
  const TimePoint now(milliseconds(784111777000));
  CHECK(serialize({404, {{"A", "b"}}, "body"}, true, false, now) ==
        "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nA: b\r\nContent-Length: 4\r\n"
        "Connection: close\r\n\r\n");
  CHECK(serialize({200, {}, ""}, false, true, now) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n"
        "Connection: keep-alive\r\n\r\n");
}

}  // namespace tigress::front
