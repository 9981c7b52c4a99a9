#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/front/open_front.h"
#include "tests/catch.h"
#include "tests/server/front/tls_client.h"

// What server/front/front.h promises, byte for byte, for every front to prove: each test case is run on each
// of them. Included by one test file.

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
    if (onAnswer) return onAnswer(request, std::move(reply));
    reply.send({200, {{"X-Echo", request.target}}, request.method + " " + request.body});
  }
  void answerToHead(Request head, Reply reply) override {
    onHead ? onHead(head, std::move(reply)) : reply.proceed();
  }
  std::vector<std::string> seen() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return seen_;
  }

  std::function<void(const Request&, Reply)> onAnswer;
  std::function<void(const Request&, Reply)> onHead;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
};

// Requests that a test answers when it likes.
class Pending {
 public:
  void add(Reply reply) {
    const std::lock_guard<std::mutex> guard(mutex_);
    replies_.push_back(std::move(reply));
    most_ = std::max(most_, replies_.size());
    changed_.notify_all();
  }
  void waitFor(std::size_t count) {
    std::unique_lock<std::mutex> guard(mutex_);
    REQUIRE(changed_.wait_for(guard, seconds(10), [&] { return replies_.size() >= count; }));
  }
  Reply take() {
    waitFor(1);
    const std::lock_guard<std::mutex> guard(mutex_);
    Reply reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }
  std::size_t most() const { return most_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Reply> replies_;
  std::size_t most_ = 0;
};

template <FrontKind kind>
struct Plain {
  static constexpr FrontKind kKind = kind;
  static constexpr bool kTls = false;
  using Client = SocketClient;
};
template <FrontKind kind>
struct OverTls {
  static constexpr FrontKind kKind = kind;
  static constexpr bool kTls = true;
  using Client = TlsClient;
};
using Events = Plain<FrontKind::events>;
using Threads = Plain<FrontKind::threads>;
using EventsTls = OverTls<FrontKind::events>;
using ThreadsTls = OverTls<FrontKind::threads>;
#define TIGRESS_FRONTS Events, Threads, EventsTls, ThreadsTls

// One for all tests: keys are slow to make.
const Certificate& certificateOfTests() {
  static const Certificate certificate;
  return certificate;
}

// A front on a free port with its handler. It stops before the handler goes.
template <class Kind>
struct Serving {
  explicit Serving(const std::function<void(FrontSettings&)>& change = {}) {
    FrontSettings settings;
    settings.kind = Kind::kKind;
    settings.loops = 2;
    if (Kind::kTls) {
      settings.certificateFile = certificateOfTests().certificateFile();
      settings.keyFile = certificateOfTests().keyFile();
    }
    settings.limits = {256, 1024, 64};
    settings.onError = [this](const std::string& what) {
      const std::lock_guard<std::mutex> guard(mutex);
      errors.push_back(what);
    };
    if (change) change(settings);
    front = openFront(settings);
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

TEMPLATE_TEST_CASE("a front on port 0 listens on a free port and says which", "", TIGRESS_FRONTS) {
  Serving<TestType> one;
  Serving<TestType> two;
  CHECK(one.port() != 0);
  CHECK(one.port() != two.port());
}

TEMPLATE_TEST_CASE("a port that is taken is an error at start-up", "", TIGRESS_FRONTS) {
  Serving<TestType> one;
  CHECK_THROWS(Serving<TestType>([&](FrontSettings& settings) { settings.port = one.port(); }));
}

TEMPLATE_TEST_CASE("an answer has a status line, a date, its length and its fields", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /a", "Content-Length: 5\r\n", "hello")));
  const std::string answer = client.receiveAnswer();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("\r\nX-Echo: /a\r\n") &&
                         Contains("\r\nContent-Length: 9\r\n") && Contains("\r\nConnection: keep-alive\r\n"));
  const std::size_t date = answer.find("\r\nDate: ") + 8;
  CHECK(parseHttpDate(answer.substr(date, answer.find("\r\n", date) - date)));
  CHECK(bodyOf(answer) == "PUT hello");
}

TEMPLATE_TEST_CASE("a connection serves one request after the other", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(request("GET /" + std::to_string(i))));
    CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /" + std::to_string(i) + "\r\n"));
  }
}

TEMPLATE_TEST_CASE("a connection is closed after so many requests, and the last answer says so", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving([](FrontSettings& settings) { settings.requestsPerConnection = 2; });
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("GET /2") + request("GET /3")));
  CHECK_THAT(client.receiveAnswer(), Contains("\r\nConnection: keep-alive\r\n"));
  CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /2\r\n") && Contains("\r\nConnection: close\r\n"));
  CHECK(client.receiveAll().empty());
}

TEMPLATE_TEST_CASE("a request says who sent it, whatever its fields claim", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onAnswer = [](const Request& asked, Reply reply) { reply.send({200, {}, asked.peer}); };
  std::string head;
  serving.handler.onHead = [&](const Request& asked, Reply reply) {
    head = asked.peer;
    reply.proceed();
  };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(
      request("PUT /", "X-Forwarded-For: 192.0.2.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n", "x")));
  CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 100 "));
  CHECK(bodyOf(client.receiveAnswer()) == "127.0.0.1");
  CHECK(head == "127.0.0.1");
}

TEMPLATE_TEST_CASE(
    "a connection that may not be opened is closed at once, and one that was is told of at its end", "",
    TIGRESS_FRONTS) {
  std::mutex mutex;
  std::vector<std::string> said;
  std::promise<void> closed;
  std::atomic<bool> may{true};
  const auto say = [&](const std::string& what) {
    const std::lock_guard<std::mutex> guard(mutex);
    said.push_back(what);
  };
  {
    Serving<TestType> serving([&](FrontSettings& settings) {
      settings.mayOpen = [&](const std::string& peer) {
        say("open " + peer);
        return may.load();
      };
      settings.onClose = [&](const std::string& peer) {
        say("close " + peer);
        closed.set_value();
      };
    });
    {
      typename TestType::Client client(serving.port());
      REQUIRE(client.send(request("GET /")));
      CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 200 "));
    }
    REQUIRE(closed.get_future().wait_for(seconds(60)) == std::future_status::ready);
    may = false;
    SocketClient refused(serving.port());
    refused.send(request("GET /"));
    CHECK(refused.receiveAll().empty());
  }
  CHECK(said == std::vector<std::string>{"open 127.0.0.1", "close 127.0.0.1", "open 127.0.0.1"});
}

TEMPLATE_TEST_CASE("pipelined requests are answered in their order", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("PUT /2", "Content-Length: 3\r\n", "abc") +
                      request("PUT /3", "Transfer-Encoding: chunked\r\n", "1\r\nd\r\n0\r\n\r\n") +
                      request("HEAD /4") + request("GET /5", "Connection: close\r\n")));
  CHECK(bodyOf(client.receiveAnswer()) == "GET ");
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
  CHECK(bodyOf(client.receiveAnswer()) == "PUT d");
  CHECK_THAT(client.receiveUntil("\r\n\r\n"), Contains("X-Echo: /4") && Contains("Content-Length: 5\r\n"));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Connection: close\r\n"));
}

TEMPLATE_TEST_CASE("a request may come byte by byte", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  for (const char byte : request("PUT /", "Content-Length: 3\r\n", "abc")) {
    REQUIRE(client.send(std::string(1, byte)));
  }
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
}

TEMPLATE_TEST_CASE("the connection closes when the request asks for it or HTTP/1.0 does not ask to stay", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  for (const std::string& bytes :
       {request("GET /", "Connection: close\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(bytes));
    CHECK_THAT(client.receiveAll(), Contains("\r\nConnection: close\r\n"));
  }
  typename TestType::Client client(serving.port());
  REQUIRE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_THAT(client.receiveAnswer(), Contains("\r\nConnection: keep-alive\r\n"));
  REQUIRE(client.send("GET / HTTP/1.0\r\n\r\n"));
  CHECK_THAT(client.receiveAll(), Contains("\r\nConnection: close\r\n"));
}

TEMPLATE_TEST_CASE("answers that have no body say no length", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  for (const int status : {204, 304}) {
    serving.handler.onAnswer = [&](const Request&, Reply reply) {
      reply.send({status, {}, "must not be sent"});
    };
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(request("GET /", "Connection: close\r\n")));
    const std::string answer = client.receiveAll();
    CHECK_THAT(answer, !Contains("Content-Length") && Catch::EndsWith("\r\n\r\n"));
  }
}

TEMPLATE_TEST_CASE(
    "an announced body that is too large is refused, and what follows is not taken for a request", "",
    TIGRESS_FRONTS) {
  Serving<TestType> serving;
  const std::string inner = request("DELETE /inner");
  std::string body;
  while (body.size() < 1000) body += inner;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: " + std::to_string(body.size()) + "\r\n", body)));
  client.endSending();
  const std::string answer = client.receiveAll();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 413 ") && Contains("\r\nConnection: close\r\n") &&
                         Contains("application/problem+json") && Contains("\"status\":413"));
  CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(serving.handler.seen().empty());
}

TEMPLATE_TEST_CASE("two framings at once are refused, and nothing behind them is served", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 30\r\n", "Content-Length : 5\r\n",
                             "Transfer-Encoding: \x0B"
                             "chunked\r\n"}) {
    INFO(fields);
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(request("PUT /", fields, "0\r\n\r\n") + request("DELETE /inner")));
    client.endSending();
    const std::string answer = client.receiveAll();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 400 ") && Contains("\r\nConnection: close\r\n"));
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  }
  CHECK(serving.handler.seen().empty());
}

TEMPLATE_TEST_CASE("a request that is good is answered before one that is not", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /good") + "nonsense\r\n\r\n"));
  client.endSending();
  CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /good"));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 400 "));
}

TEMPLATE_TEST_CASE("a sender that waits is told to go on", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  CHECK(client.receiveUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(client.send("abc"));
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
}

TEMPLATE_TEST_CASE("a sender that waits is answered without its body when the head decides", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onHead = [](const Request& head, Reply reply) {
    reply.send({307, {{"Location", "/v1" + head.target}}, ""});
  };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /x", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 307 ") && Contains("\r\nLocation: /v1/x\r\n") &&
                                      Contains("\r\nConnection: close\r\n") && !Contains("100 Continue"));
  CHECK(serving.handler.seen().empty());
}

TEMPLATE_TEST_CASE("a sender that waits with a body that is too large is refused at once", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 65\r\nExpect: 100-continue\r\n")));
  CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 413 "));
}

TEMPLATE_TEST_CASE("the answer to a HEAD has no body, even if it is a refusal", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onHead = [](const Request&, Reply reply) { reply.send({404, {}, "nothing is here"}); };
  struct Row {
    const char* fields;
    const char* status;
  };
  const Row rows[] = {{"", "200"},
                      {"Content-Length: 3\r\nExpect: 100-continue\r\n", "404"},
                      {"Content-Length: 65\r\n", "413"},
                      {"Host: another\r\n", "400"}};
  for (const Row& row : rows) {
    INFO(row.fields);
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(request("HEAD /", std::string("Connection: close\r\n") + row.fields)));
    CHECK_THAT(client.receiveAll(), StartsWith(std::string("HTTP/1.1 ") + row.status) &&
                                        Contains("\r\nContent-Length: ") && Catch::EndsWith("\r\n\r\n"));
  }
}

TEMPLATE_TEST_CASE("a request that does not arrive in time is answered 408, wherever it stopped", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving([](FrontSettings& settings) {
    settings.headerTimeout = milliseconds(30);
    settings.bodyTimeout = milliseconds(30);
  });
  for (const std::string& part : {std::string("GET / HT"), request("PUT /", "Content-Length: 3\r\n", "ab"),
                                  request("PUT /", "Transfer-Encoding: chunked\r\n", "3\r\na")}) {
    INFO(part);
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(part));
    CHECK_THAT(client.receiveAnswer(), StartsWith("HTTP/1.1 408 ") && Contains("\r\nConnection: close\r\n"));
  }
  CHECK(serving.handler.seen().empty());
}

TEMPLATE_TEST_CASE("a connection without a request is closed without a word", "", TIGRESS_FRONTS) {
  Serving<TestType> serving([](FrontSettings& settings) { settings.idleTimeout = milliseconds(100); });
  typename TestType::Client silent(serving.port());
  CHECK(silent.receiveAll().empty());
  std::string answer;
  for (int attempt = 0; answer.empty() && attempt < 50; ++attempt) {  // a busy machine may be late
    typename TestType::Client client(serving.port());
    if (!client.send(request("GET /"))) continue;
    answer = client.receiveAnswer();
    CHECK(client.receiveAll().empty());
  }
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEMPLATE_TEST_CASE("a machine that fails is a 503 that says when to come back and nothing of the failure", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onAnswer = [](const Request& asked, Reply reply) {
    if (asked.target == "/1") {
      reply.fail(std::make_exception_ptr(std::runtime_error("the disk is on fire")));
    } else if (asked.target == "/2") {
      throw std::bad_alloc();
    } else {
      reply.send({200, {}, ""});
    }
  };
  typename TestType::Client client(serving.port());
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

TEMPLATE_TEST_CASE("a mistake of ours is a 500 that tells nothing, and the end of the connection", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onAnswer = [](const Request&, Reply reply) {
    reply.fail(std::make_exception_ptr(std::logic_error("a broken promise")));
  };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("GET /2")));
  const std::string answer = client.receiveAll();
  CHECK_THAT(answer,
             StartsWith("HTTP/1.1 500 ") && Contains("\r\nConnection: close\r\n") && !Contains("promise"));
  CHECK(serving.handler.seen() == std::vector<std::string>{"GET /1 []"});
  serving.front->stop(seconds(1));
  CHECK(serving.errors == std::vector<std::string>{"a broken promise"});
}

TEMPLATE_TEST_CASE("clients that go away in the middle do no harm", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  for (const std::string& part :
       {std::string(), std::string("GET"), request("PUT /", "Content-Length: 9\r\n", "ab"),
        request("PUT /", "Content-Length: 9\r\nExpect: 100-continue\r\n"), request("GET /")}) {
    typename TestType::Client client(serving.port());
    REQUIRE(client.send(part));
    client.close();
  }
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /after")));
  CHECK_THAT(client.receiveAnswer(), Contains("X-Echo: /after"));
}

TEMPLATE_TEST_CASE("more connections than are served at once wait for their turn", "", Events, Threads) {
  Pending pending;
  Serving<TestType> serving([](FrontSettings& settings) { settings.connections = 2; });
  serving.handler.onAnswer = [&](const Request&, Reply reply) { pending.add(std::move(reply)); };
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<SocketClient>(serving.port()));
    REQUIRE(clients.back()->send(request("GET /", "Connection: close\r\n")));
  }
  pending.waitFor(2);
  for (int i = 0; i < 5; ++i) pending.take().send({200, {}, "done"});
  for (const auto& client : clients) CHECK(bodyOf(client->receiveAll()) == "done");
  CHECK(pending.most() == 2);
}

TEMPLATE_TEST_CASE("when every place is taken, one that is idle gives way to who comes", "", TIGRESS_FRONTS) {
  Serving<TestType> serving([](FrontSettings& settings) { settings.connections = 2; });
  std::vector<std::unique_ptr<typename TestType::Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<typename TestType::Client>(serving.port()));
    REQUIRE(clients.back()->send(request("GET /")));
    REQUIRE_THAT(clients.back()->receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  }
  CHECK(serving.front->connections() <= 2);
  REQUIRE(clients.back()->send(request("GET /")));
  CHECK_THAT(clients.back()->receiveAnswer(), StartsWith("HTTP/1.1 200 "));
}

// A thread that has answered is idle a moment later, which no client can see: so this is for loops only.
TEMPLATE_TEST_CASE("of those that are idle the one gives way that has been so for longer", "", Events,
                   EventsTls) {
  Serving<TestType> serving([](FrontSettings& settings) {
    settings.connections = 2;
    settings.loops = 1;
  });
  typename TestType::Client older(serving.port());
  typename TestType::Client younger(serving.port());
  for (auto* client : {&older, &younger, &older}) {
    REQUIRE(client->send(request("GET /")));
    REQUIRE_THAT(client->receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  }
  typename TestType::Client next(serving.port());
  CHECK(younger.receiveAll().empty());
  for (auto* client : {&older, &next}) {
    REQUIRE(client->send(request("GET /")));
    CHECK_THAT(client->receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  }
}

TEMPLATE_TEST_CASE("who has not asked yet gives way to nobody, nor does who waits for an answer", "", Events,
                   Threads) {
  Pending pending;
  Serving<TestType> serving([](FrontSettings& settings) { settings.connections = 2; });
  serving.handler.onAnswer = [&](const Request& asked, Reply reply) {
    if (asked.target == "/slow") return pending.add(std::move(reply));
    reply.send({200, {}, "answer to " + asked.target});
  };
  SocketClient silent(serving.port());
  SocketClient slow(serving.port());
  REQUIRE(slow.send(request("GET /slow")));
  pending.waitFor(1);
  SocketClient next(serving.port());
  REQUIRE(next.send(request("GET /next")));
  pending.take().send({200, {}, "slow"});
  CHECK(bodyOf(slow.receiveAnswer()) == "slow");
  CHECK(bodyOf(next.receiveAnswer()) == "answer to /next");
  REQUIRE(silent.send(request("GET /silent")));
  CHECK(bodyOf(silent.receiveAnswer()) == "answer to /silent");
}

TEMPLATE_TEST_CASE("while others wait for a place, whoever asks and asks does not keep his", "", Events,
                   Threads) {
  Serving<TestType> serving([](FrontSettings& settings) { settings.connections = 1; });
  SocketClient greedy(serving.port());
  REQUIRE(greedy.send(request("GET /")));
  REQUIRE_THAT(greedy.receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  SocketClient next(serving.port());
  REQUIRE(next.send(request("GET /next")));
  std::atomic<bool> done{false};
  std::thread asking([&] {
    while (!done && greedy.send(request("GET /")) && !greedy.receiveAnswer().empty()) {
    }
  });
  CHECK_THAT(next.receiveAnswer(), Contains("X-Echo: /next\r\n"));
  done = true;
  asking.join();
}

TEMPLATE_TEST_CASE("an answer may come later, from another thread", "", TIGRESS_FRONTS) {
  Pending pending;
  Serving<TestType> serving;
  serving.handler.onAnswer = [&](const Request&, Reply reply) { pending.add(std::move(reply)); };
  typename TestType::Client client(serving.port());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(request("GET /")));
    pending.take().send({200, {}, std::to_string(i)});
    CHECK(bodyOf(client.receiveAnswer()) == std::to_string(i));
  }
}

TEMPLATE_TEST_CASE("what is pipelined behind a request that waits is served after it, and not before", "",
                   TIGRESS_FRONTS) {
  Pending pending;
  Serving<TestType> serving;
  serving.handler.onAnswer = [&](const Request& asked, Reply reply) {
    if (asked.target == "/slow") return pending.add(std::move(reply));
    reply.send({200, {}, "answer to " + asked.target});
  };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /1") + request("GET /slow") + request("GET /2") + request("GET /slow")));
  CHECK(bodyOf(client.receiveAnswer()) == "answer to /1");
  pending.waitFor(1);
  CHECK(serving.handler.seen() == std::vector<std::string>{"GET /1 []", "GET /slow []"});
  pending.take().send({200, {}, "slow"});
  CHECK(bodyOf(client.receiveAnswer()) == "slow");
  CHECK(bodyOf(client.receiveAnswer()) == "answer to /2");
  pending.take().send({200, {}, "slow again"});
  CHECK(bodyOf(client.receiveAnswer()) == "slow again");
}

TEMPLATE_TEST_CASE("a head may be answered later, too", "", TIGRESS_FRONTS) {
  Pending pending;
  Serving<TestType> serving;
  serving.handler.onHead = [&](const Request&, Reply reply) { pending.add(std::move(reply)); };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  pending.take().proceed();
  CHECK(client.receiveUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(client.send("abc"));
  CHECK(bodyOf(client.receiveAnswer()) == "PUT abc");
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  pending.take().send({403, {}, "no"});
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 403 ") && Contains("\r\nConnection: close\r\n"));
}

TEMPLATE_TEST_CASE("a request that its handler drops is a 500", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  serving.handler.onAnswer = [](const Request&, Reply) {};
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /")));
  CHECK_THAT(client.receiveAll(), StartsWith("HTTP/1.1 500 "));
}

TEMPLATE_TEST_CASE("a request is resumed on its thread, with the works in their order", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  std::thread elsewhere;
  serving.handler.onAnswer = [&](const Request&, Reply reply) {
    struct Call {
      explicit Call(Reply to) : reply(std::move(to)) {}
      Reply reply;
      std::string order;
      std::thread::id thread = std::this_thread::get_id();
    };
    const auto call = std::make_shared<Call>(std::move(reply));
    elsewhere = std::thread([call] {
      for (const char letter : {'a', 'b', 'c'}) {
        call->reply.resume([call = call.get(), letter] {
          call->order += std::this_thread::get_id() == call->thread ? letter : '?';
        });
      }
      call->reply.resume([call] { call->reply.send({200, {}, call->order}); });
    });
  };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /")));
  CHECK(bodyOf(client.receiveAnswer()) == "abc");
  elsewhere.join();
}

TEMPLATE_TEST_CASE("an answer of any size arrives whole, however slowly it is taken", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  std::string body;
  while (body.size() < 20'000'000) body += std::to_string(body.size()) + "\n";
  serving.handler.onAnswer = [&](const Request&, Reply reply) { reply.send({200, {}, body}); };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /") + request("HEAD /")));
  const bool same = bodyOf(client.receiveAnswer()) == body;
  CHECK(same);
  CHECK_THAT(client.receiveUntil("\r\n\r\n"), Contains("Content-Length: " + std::to_string(body.size())));
}

TEMPLATE_TEST_CASE("a client that takes nothing of its answers is cut off", "", TIGRESS_FRONTS) {
  Serving<TestType> serving([](FrontSettings& settings) { settings.writeTimeout = milliseconds(30); });
  const std::string body(20'000'000, 'x');
  serving.handler.onAnswer = [&](const Request&, Reply reply) { reply.send({200, {}, body}); };
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("GET /")));
  client.waitForEnd();
  CHECK(client.receiveAll().size() < body.size());
  serving.front->stop(seconds(30));
}

TEMPLATE_TEST_CASE("many connections at once get each its own answers", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      typename TestType::Client client(serving.port());
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

TEMPLATE_TEST_CASE("a front that stops finishes what has begun, closes what is idle and takes nothing new",
                   "", TIGRESS_FRONTS) {
  Pending pending;
  Serving<TestType> serving;
  serving.handler.onAnswer = [&](const Request& asked, Reply reply) {
    if (asked.target == "/slow") return pending.add(std::move(reply));
    reply.send({200, {}, "answer to " + asked.target});
  };
  typename TestType::Client idle(serving.port());
  REQUIRE(idle.send(request("GET /before")));
  REQUIRE(bodyOf(idle.receiveAnswer()) == "answer to /before");
  typename TestType::Client silent(serving.port());
  typename TestType::Client slow(serving.port());
  REQUIRE(slow.send(request("GET /slow") + request("GET /never")));
  pending.waitFor(1);

  const std::uint16_t port = serving.port();
  std::thread stopping([&] { serving.front->stop(seconds(30)); });
  CHECK(idle.receiveAll().empty());
  CHECK(silent.receiveAll().empty());
  CHECK_FALSE(SocketClient(port).connected());
  pending.take().send({200, {}, "answer to /slow"});
  const std::string answer = slow.receiveAll();
  stopping.join();
  CHECK(bodyOf(answer) == "answer to /slow");
  CHECK_THAT(answer, Contains("\r\nConnection: close\r\n"));
}

TEMPLATE_TEST_CASE("a front that stops waits for the rest of a request that has begun to arrive", "",
                   TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client idle(serving.port());
  REQUIRE(idle.send(request("GET /before")));
  idle.receiveAnswer();
  typename TestType::Client slow(serving.port());
  REQUIRE(slow.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  REQUIRE_THAT(slow.receiveUntil("\r\n\r\n"), Contains("100 Continue"));
  std::thread stopping([&] { serving.front->stop(seconds(30)); });
  CHECK(idle.receiveAll().empty());  // by now it is stopping
  REQUIRE(slow.send("abc"));
  CHECK(bodyOf(slow.receiveAll()) == "PUT abc");
  stopping.join();
}

TEMPLATE_TEST_CASE("a front that stops does not wait for longer than its grace", "", TIGRESS_FRONTS) {
  Serving<TestType> serving;
  typename TestType::Client client(serving.port());
  REQUIRE(client.send(request("PUT /", "Content-Length: 3\r\nExpect: 100-continue\r\n")));
  REQUIRE_THAT(client.receiveUntil("\r\n\r\n"), Contains("100 Continue"));
  serving.front->stop(milliseconds(10));
  CHECK(client.receiveAll().empty());
  serving.front->stop(milliseconds(10));  // a second time changes nothing
}

TEMPLATE_TEST_CASE("a front that never served can be stopped", "", TIGRESS_FRONTS) {
  FrontSettings settings;
  settings.kind = TestType::kKind;
  const auto front = openFront(settings);
  CHECK(front->port() != 0);
  front->stop(seconds(1));
}

}  // namespace tigress::front
