#include "tigress/cancellation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "client/src/broken_pipe.h"
#include "tests/catch.h"
#include "tests/client/fake_relay.h"
#include "tests/client/two_devices.h"
#include "tigress/http_transport.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

// A server on the loopback that takes a connection and says `said`, and then nothing.
class SilentServer {
 public:
  explicit SilentServer(std::string said = {}) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, said = std::move(said)] {
      const int connection = accept(listener_, nullptr, nullptr);
      char part[4096];
      (void)!read(connection, part, sizeof part);
      (void)!write(connection, said.data(), said.size());
      asked_.set_value();
      while (read(connection, part, sizeof part) > 0) {
      }
      close(connection);
    });
  }
  ~SilentServer() {
    thread_.join();
    close(listener_);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/x"; }
  void waitUntilAsked() { asked_.get_future().wait(); }

 private:
  int listener_;
  int port_ = 0;
  std::promise<void> asked_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a request that waits for its answer ends when it is cancelled") {
  const std::string said = GENERATE(std::string(), std::string("HTTP/1.1 200 OK\r\n"),
                                    std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal"));
  SilentServer server(said);
  const Cancellation cancellation;
  HttpTransport::Options options;
  options.cancellation = cancellation;
  const auto transport = HttpTransport::open(options);
  REQUIRE(transport);
  std::thread other([&] {
    server.waitUntilAsked();
    cancellation.cancel();
  });
  const auto answer = (*transport)->exchange({"GET", server.url(), {}, {}}, 3600s);
  other.join();
  checkFails(answer, FailureCode::cancelled);
  checkFails((*transport)->exchange({"GET", server.url(), {}, {}}, 3600s), FailureCode::cancelled);
}

TEST_CASE("a pause ends when it is cancelled") {
  const Cancellation cancellation;
  std::promise<void> begun;
  std::thread other([&] {
    begun.get_future().wait();
    cancellation.cancel();
  });
  FakeRelay relay;
  Environment environment = relay.environment();
  environment.sleep = {};
  environment.cancellation = cancellation;
  environment.progress = [&](const Progress& progress) {
    if (progress.step == Progress::Step::retrying) begun.set_value();
  };
  auto sender = Sender::create(environment, SharePlace{FakeRelay::kOrigin}, offer());
  REQUIRE(sender);
  relay.answers.push_back({503, {{"Retry-After", "3000"}}, {}});
  checkFails(sender->receive(24h), FailureCode::cancelled);
  other.join();
}

TEST_CASE("a session that was cancelled asks nothing more, and goes on from its state") {
  FakeRelay relay;
  Environment environment = relay.environment();
  auto sender = Sender::create(environment, SharePlace{FakeRelay::kOrigin}, offer());
  REQUIRE(sender);
  Receiver receiver(environment, *ShareLink::parse(sender->link().reveal()));
  REQUIRE(receiver.receive());
  receiver.prepare({message(2)});
  environment.cancellation.cancel();
  const auto asked = relay.requests.size();
  checkFails(sender->receive(1h), FailureCode::cancelled);
  checkFails(receiver.resend(1h), FailureCode::cancelled);
  checkFails(Sender::create(environment, SharePlace{FakeRelay::kOrigin}, offer()), FailureCode::cancelled);
  CHECK(relay.requests.size() == asked);

  Session restored = afterCrash(relay, receiver.state());
  REQUIRE(restored.resend());
  Session other = afterCrash(relay, sender->state());
  const auto arrived = other.receive();
  REQUIRE(arrived);
  CHECK(*arrived == message(2));
}

TEST_CASE("what was being sent when it was cancelled may have arrived, and arrives once") {
  // A transport that is cancelled after the relay has done what it was asked.
  class LateCancel final : public Transport {
   public:
    LateCancel(Transport& next, Cancellation cancellation)
        : next_(next), cancellation_(std::move(cancellation)) {}
    Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override {
      auto answer = next_.exchange(request, longest);
      if (request.method != "PUT") return answer;
      cancellation_.cancel();
      return Cancellation::failure();
    }

   private:
    Transport& next_;
    Cancellation cancellation_;
  };
  FakeRelay relay;
  Sender sender = send(relay);
  Environment environment{relay};
  LateCancel transport(relay, environment.cancellation);
  Environment late = relay.environment();
  Environment cancelled{transport, late.random, late.now, late.sleep};
  cancelled.cancellation = environment.cancellation;
  Receiver receiver(cancelled, *ShareLink::parse(sender.link().reveal()));
  REQUIRE(receiver.receive());
  checkFails(receiver.send(message(2)), FailureCode::cancelled);
  CHECK(receiver.unsettled());
  Session restored = afterCrash(relay, receiver.state());
  REQUIRE(restored.resend());
  CHECK_FALSE(restored.pending());
  const auto arrived = sender.receive();
  REQUIRE(arrived);
  CHECK(*arrived == message(2));
  checkFails(sender.receive(), FailureCode::stillWaiting);
}

TEST_CASE("a listener hears of a cancellation once, also if it came before, and not after its end") {
  const Cancellation cancellation;
  int heard = 0;
  {
    const Cancellation::Listener gone(cancellation, [&] { heard += 100; });
  }
  const Cancellation::Listener before(cancellation, [&] { ++heard; });
  cancellation.cancel();
  cancellation.cancel();
  CHECK(heard == 1);
  const Cancellation::Listener after(cancellation, [&] { ++heard; });
  CHECK(heard == 2);
}

TEST_CASE("progress tells of each step, and why something is tried again") {
  FakeRelay relay;
  std::vector<Progress> steps;
  Environment environment = relay.environment();
  environment.progress = [&](const Progress& progress) { steps.push_back(progress); };
  auto sender = Sender::create(environment, SharePlace{FakeRelay::kOrigin}, offer());
  REQUIRE(sender);
  Receiver receiver(environment, *ShareLink::parse(sender->link().reveal()));
  REQUIRE(receiver.receive());
  relay.unreachable = 1;
  REQUIRE(receiver.send(message(2), 1h));
  REQUIRE(sender->receive());
  std::vector<int> seen;
  for (const Progress& progress : steps) seen.push_back(static_cast<int>(progress.step));
  const auto number = [](Progress::Step step) { return static_cast<int>(step); };
  using Step = Progress::Step;
  CHECK(seen == std::vector<int>{number(Step::creating), number(Step::claiming), number(Step::sending),
                                 number(Step::retrying), number(Step::sending), number(Step::waiting)});
  CHECK(static_cast<int>(steps[3].failure.value()) == static_cast<int>(FailureCode::unreachable));
  CHECK(steps[3].pause > 0ms);
}

TEST_CASE("a write to a closed connection is an error and not the end of the process") {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  sigset_t pipeSignal, mask, after;
  sigemptyset(&pipeSignal);
  sigaddset(&pipeSignal, SIGPIPE);
  pthread_sigmask(SIG_UNBLOCK, &pipeSignal, &mask);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  {
    const BrokenPipe ignored;
    CHECK(write(ends[1], "x", 1) == -1);
    CHECK(errno == EPIPE);
  }
  pthread_sigmask(SIG_SETMASK, &mask, &after);
  CHECK(sigismember(&after, SIGPIPE) == 0);
  close(ends[1]);
  std::signal(SIGPIPE, before);
}
