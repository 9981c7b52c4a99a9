#include "server/notify/http_client.h"

#include <atomic>
#include <mutex>

#include "server/front/open_front.h"
#include "server/notify/outbound_addresses.h"
#include "tests/server/front/tls_client.h"

namespace tigress::notify {
namespace {

// Answers with a redirect, with too much, never, or with what it was sent.
class Peer : public front::RequestHandler {
 public:
  explicit Peer(const front::Certificate& certificate, const std::string& address = "127.0.0.1") {
    front::FrontSettings settings;
    settings.address = address;
    settings.certificateFile = certificate.certificateFile();
    settings.keyFile = certificate.keyFile();
    front_ = front::openFront(settings);
    front_->serve(*this);
  }
  ~Peer() override {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      ending_ = true;
      for (const auto& reply : unanswered_) reply->send({503, {}, {}});  // a front waits for every answer
    }
    front_->stop(std::chrono::seconds(0));
  }

  std::string url(const std::string& path, const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(front_->port()) + path;
  }
  std::uint16_t port() const { return front_->port(); }
  int requests() const { return requests_; }

  void answer(Request request, front::Reply reply) override {
    ++requests_;
    if (request.target == "/redirect") return reply.send({307, {{"Location", url("/echo")}}, {}});
    if (request.target == "/much") return reply.send({200, {}, std::string(20000, 'x')});
    if (request.target == "/header") return reply.send({200, {{"X", std::string(20000, 'x')}}, {}});
    if (request.target == "/never") {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (ending_) return reply.send({503, {}, {}});
      unanswered_.push_back(std::make_unique<front::Reply>(std::move(reply)));
      return;
    }
    reply.send({201,
                {{"Retry-After", "7"}},
                request.method + " " + std::string(request.headers.get("TTL")) + " " + request.body});
  }
  void answerToHead(Request, front::Reply reply) override { reply.proceed(); }

 private:
  std::atomic<int> requests_{0};
  std::mutex mutex_;
  bool ending_ = false;
  std::vector<std::unique_ptr<front::Reply>> unanswered_;
  std::unique_ptr<front::Front> front_;
};

struct Bench {
  front::Certificate certificate;
  Peer peer{certificate};
  HttpClientSettings settings{[this](const IpAddress& address) {
                                asked.push_back(address);
                                return address.isLoopback();
                              },
                              certificate.certificateFile(),
                              std::chrono::seconds(60),
                              16384,
                              4,
                              {}};
  std::vector<IpAddress> asked;

  std::optional<Response> send(HttpClient& client, const std::string& url) {
    std::optional<Response> response;
    bool done = false;
    client.send({url, {{"TTL", "5"}}, "text"}, [&](std::optional<Response> answer) {
      response = std::move(answer);
      done = true;
    });
    while (!done) client.wait(std::chrono::seconds(60));
    return response;
  }
  std::optional<Response> send(const std::string& url) {
    const auto client = openHttpClient(settings);
    return send(*client, url);
  }
};

TEST_CASE("a request is sent over TLS and its answer comes back whole") {
  Bench bench;
  const auto response = bench.send(bench.peer.url("/echo"));
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(response->headers.get("Retry-After") == "7");
  CHECK(response->body == "POST 5 text");
  CHECK(bench.asked == std::vector<IpAddress>{*IpAddress::parse("127.0.0.1")});
}

TEST_CASE("a redirect is an answer, not a way") {
  Bench bench;
  const auto response = bench.send(bench.peer.url("/redirect"));
  REQUIRE(response);
  CHECK(response->status == 307);
  CHECK(bench.peer.requests() == 1);
}

TEST_CASE("an address that is not allowed is not connected to, in whatever spelling") {
  Bench bench;
  bench.settings.mayConnect = [&](const IpAddress& address) {
    bench.asked.push_back(address);
    return isPublic(address);
  };
  for (const char* host :
       {"localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[fe80::1]", "169.254.169.254", "[fd00:ec2::254]"}) {
    CAPTURE(host);
    bench.asked.clear();
    CHECK_FALSE(bench.send(bench.peer.url("/echo", host)));
    CHECK_FALSE(bench.asked.empty());
  }
  CHECK(bench.peer.requests() == 0);
}

TEST_CASE("a name that leads elsewhere after it was checked is caught when it is connected to") {
  Bench bench;
  Peer inner(bench.certificate, "127.0.0.2");
  const std::string port = std::to_string(inner.port());
  std::string address = "127.0.0.1";
  bench.settings.lookUps = [&] { return "localhost:" + port + ":" + address; };
  bench.settings.mayConnect = [&](const IpAddress& to) {
    bench.asked.push_back(to);
    return to == *IpAddress::parse("127.0.0.1");
  };
  const auto client = openHttpClient(bench.settings);
  CHECK_FALSE(bench.send(*client, inner.url("/echo")));  // nobody is at that port of the allowed address
  address = "127.0.0.2";                                 // where somebody is
  CHECK_FALSE(bench.send(*client, inner.url("/echo")));
  CHECK(bench.asked.back() == *IpAddress::parse("127.0.0.2"));
  CHECK(inner.requests() == 0);
  bench.settings.mayConnect = [](const IpAddress&) { return true; };
  CHECK(bench.send(inner.url("/echo")));  // it was the guard
}

TEST_CASE("of several addresses each is checked, and the first good one taken") {
  Bench bench;
  bench.settings.lookUps = [&] {
    return "localhost:" + std::to_string(bench.peer.port()) + ":127.0.0.2,127.0.0.1";
  };
  bench.settings.mayConnect = [](const IpAddress& address) {
    return address == *IpAddress::parse("127.0.0.1");
  };
  CHECK(bench.send(bench.peer.url("/echo")));
}

TEST_CASE("without TLS, or with a certificate nobody vouches for, nothing is sent") {
  Bench bench;
  CHECK_FALSE(bench.send("http://localhost:" + std::to_string(bench.peer.port()) + "/echo"));
  CHECK_FALSE(bench.send("file:///etc/hostname"));
  CHECK_FALSE(bench.send(bench.peer.url("/echo", "127.0.0.1")));  // another name than the certificate's
  const front::Certificate other;
  bench.settings.authorities = other.certificateFile();
  CHECK_FALSE(bench.send(bench.peer.url("/echo")));
  CHECK(bench.peer.requests() == 0);
}

TEST_CASE("an answer that is too long, or does not come, is none") {
  Bench bench;
  CHECK_FALSE(bench.send(bench.peer.url("/much")));
  CHECK_FALSE(bench.send(bench.peer.url("/header")));
  bench.settings.timeout = std::chrono::milliseconds(200);
  CHECK_FALSE(bench.send(bench.peer.url("/never")));
}

TEST_CASE("a proxy of the environment is not asked") {
  Bench bench;
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  CHECK(bench.send(bench.peer.url("/echo")));
  unsetenv("https_proxy");
  unsetenv("ALL_PROXY");
}

TEST_CASE("a wait ends when it is woken") {
  Bench bench;
  const auto client = openHttpClient(bench.settings);
  client->wake();
  client->wait(std::chrono::hours(1));
}

}  // namespace
}  // namespace tigress::notify
