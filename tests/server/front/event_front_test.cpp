#include "server/front/event_front.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/catch.h"
#include "tests/server/front/socket_client.h"

// What an event front does beyond tests/contract/front_contract.h.

namespace tigress::front {
namespace {

using Catch::StartsWith;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

class Handler : public RequestHandler {
 public:
  void answer(Request request, Reply reply) override {
    onAnswer ? onAnswer(request, std::move(reply)) : reply.send({200, {}, "hello"});
  }
  void answerToHead(Request, Reply reply) override { reply.proceed(); }

  std::function<void(const Request&, Reply)> onAnswer;
};

struct Serving {
  explicit Serving(int loops = 1, const std::function<void(FrontSettings&)>& change = {}) {
    FrontSettings settings;
    settings.loops = loops;
    settings.connections = 5000;
    settings.onError = [this](const std::string&) { ++errors; };
    if (change) change(settings);
    front = openEventFront(settings);
    front->serve(handler);
  }
  ~Serving() { front->stop(seconds(0)); }

  std::string get() {
    SocketClient client(front->port());
    client.send(kGet);
    return client.receiveAnswer();
  }

  std::atomic<int> errors{0};
  Handler handler;
  std::unique_ptr<Front> front;
};

// A request whose answer waits for the client to go away.
struct Parked {
  explicit Parked(Reply to) : reply(std::move(to)) {}
  Reply reply;
};

// While it lives, this process can open nothing more.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("whoever pipelines very many requests does not keep others waiting for the last of them") {
  constexpr int kMany = 1000;
  const bool resumed = GENERATE(false, true);
  INFO((resumed ? "answers that come later" : "answers that come at once"));
  Serving serving;
  std::promise<void> tenth;
  std::promise<void> sent;
  std::atomic<int> served{0};
  std::atomic<int> servedBefore{kMany};
  serving.handler.onAnswer = [&](const Request& request, Reply reply) {
    if (request.target == "/other") {
      servedBefore = served.load();
      return reply.send({200, {}, "the other"});
    }
    if (++served == 10) {
      tenth.set_value();
      sent.get_future().get();
    }
    if (!resumed) return reply.send({200, {}, ""});
    const auto call = std::make_shared<Parked>(std::move(reply));
    call->reply.resume([call] { call->reply.send({200, {}, ""}); });
  };
  SocketClient many(serving.front->port());
  SocketClient other(serving.front->port());
  std::string requests;
  for (int i = 0; i < kMany; ++i) requests += kGet;
  REQUIRE(many.send(requests));
  tenth.get_future().get();
  REQUIRE(other.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n"));
  sent.set_value();
  CHECK_THAT(other.receiveAnswer(), Catch::EndsWith("the other"));
  CHECK(servedBefore < 50);
  for (int i = 0; i < kMany; ++i) REQUIRE_THAT(many.receiveAnswer(), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a handler is told once when the client of a request that waits goes away") {
  Serving serving;
  std::promise<void> parked;
  std::promise<void> gone;
  std::atomic<int> told{0};
  serving.handler.onAnswer = [&](const Request&, Reply reply) {
    const auto call = std::make_shared<Parked>(std::move(reply));
    call->reply.whenGone([&, call] {
      ++told;
      call->reply.send({200, {}, "too late"});
      gone.set_value();
    });
    parked.set_value();
  };
  SocketClient client(serving.front->port());
  REQUIRE(client.send(kGet));
  parked.get_future().wait();
  SECTION("without a word") {
    client.close();
  }
  SECTION("by the end of what it sends, and it gets its answer") {
    client.endSending();
    CHECK_THAT(client.receiveAll(), Catch::EndsWith("too late"));
  }
  REQUIRE(gone.get_future().wait_for(seconds(10)) == std::future_status::ready);
  serving.front->stop(seconds(30));
  CHECK(told == 1);
}

TEST_CASE("a handler is told when the front closes the connection of a request that waits") {
  Serving serving;
  std::promise<void> parked;
  std::shared_ptr<Parked> call;
  serving.handler.onAnswer = [&](const Request&, Reply reply) {
    call = std::make_shared<Parked>(std::move(reply));
    call->reply.whenGone([&] { call.reset(); });
    parked.set_value();
  };
  SocketClient client(serving.front->port());
  REQUIRE(client.send(kGet));
  parked.get_future().wait();
  serving.front->stop(milliseconds(1));
  CHECK_FALSE(call);
  CHECK(client.receiveAll().empty());
}

TEST_CASE("a reply that comes after its connection is closed does no harm") {
  Serving serving;
  std::promise<std::shared_ptr<Parked>> parked;
  serving.handler.onAnswer = [&](const Request&, Reply reply) {
    parked.set_value(std::make_shared<Parked>(std::move(reply)));
  };
  std::shared_ptr<Parked> call;
  {
    SocketClient client(serving.front->port());
    REQUIRE(client.send(kGet));
    call = parked.get_future().get();
  }
  serving.handler.onAnswer = nullptr;
  CHECK_THAT(serving.get(), StartsWith("HTTP/1.1 200 "));
  call->reply.send({200, {}, "nobody hears it"});
  call.reset();
  CHECK_THAT(serving.get(), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a thousand silent, slow and waiting connections hold no thread") {
  Serving serving;
  std::atomic<int> parked{0};
  serving.handler.onAnswer = [&](const Request& request, Reply reply) {
    if (request.target == "/") return reply.send({200, {}, "hello"});
    const auto call = std::make_shared<Parked>(std::move(reply));
    call->reply.whenGone([call] {});  // which lets go of it
    ++parked;
  };
  const std::vector<std::string> kinds = {"", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\nA:",
                                          "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab",
                                          "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"};
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (std::size_t i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<SocketClient>(serving.front->port()));
    REQUIRE(clients.back()->send(kinds[i % kinds.size()]));
  }
  CHECK_THAT(serving.get(), StartsWith("HTTP/1.1 200 "));
  while (parked < 200) CHECK_THAT(serving.get(), StartsWith("HTTP/1.1 200 "));
  serving.front->stop(milliseconds(0));
  for (const auto& client : clients) CHECK(client->receiveAll().empty());
}

// Without descriptors the sanitizer of undefined behaviour takes every exception for a bad object.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("without descriptors left a connection is closed at once, and later ones are served") {
  Serving serving;
  {
    SocketClient first(serving.front->port());
    REQUIRE(first.send("GET / HTTP/1.0\r\n\r\n"));
    CHECK_THAT(first.receiveAll(), StartsWith("HTTP/1.1 200 "));  // so the front's descriptor is closed, too
  }
  SocketClient client;  // has its descriptor, but no connection yet
  std::string answer;
  {
    const NoDescriptors none;
    client.connect(serving.front->port());
    answer = client.receiveAll();
  }
  CHECK(answer.empty());
  CHECK_THAT(serving.get(), StartsWith("HTTP/1.1 200 "));
  CHECK(serving.errors == 1);
}
#endif

TEST_CASE("connections are spread over the loops") {
  Serving serving(4);
  std::mutex mutex;
  std::map<std::thread::id, int> served;
  serving.handler.onAnswer = [&](const Request&, Reply reply) {
    const std::lock_guard<std::mutex> guard(mutex);
    ++served[std::this_thread::get_id()];
    reply.send({200, {}, ""});
  };
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<SocketClient>(serving.front->port()));
    REQUIRE(clients.back()->send(kGet));
    CHECK_THAT(clients.back()->receiveAnswer(), StartsWith("HTTP/1.1 200 "));
  }
  CHECK(served.size() == 4);
  for (const auto& [thread, count] : served) CHECK(count <= 14);
}

}  // namespace tigress::front
