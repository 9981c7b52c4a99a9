#include "server/notify/notifier.h"

#include <map>

#include "server/notify/apns.h"
#include "tests/server/notify/fake_http_client.h"

namespace tigress::notify {
namespace {

using namespace std::chrono_literals;

share::PushRegistration registration(char digit = 'a') {
  share::PushRegistration registration;
  registration.id = Uuid::random(systemRandom);
  registration.type = "com.apple.apns";
  registration.token = std::string(64, digit);
  registration.expires = kNow + 1h;
  return registration;
}

// With one transport, and answers as they are wanted.
struct Bench {
  explicit Bench(FakeHttpClient::Answer answer = [](const OutboundRequest&) {
    return Response{200, {}, {}};
  }) {
    Notifier::Parts parts;
    parts.transports.push_back(std::make_unique<Apns>(Apns::Parts{
        EcKey::generate(), "KEY1234567", "TEAM123456", "example.wallet", "https://api.push.example"}));
    auto client = std::make_unique<FakeHttpClient>(std::move(answer));
    http = client.get();
    parts.http = std::move(client);
    parts.random = systemRandom;
    parts.clock = [] { return kNow; };
    parts.steadyClock = [this] { return std::chrono::steady_clock::time_point(moment.load()); };
    parts.count = [this](PushEvent event) {
      const std::lock_guard<std::mutex> guard(mutex);
      ++counts[event];
      changed.notify_all();
    };
    parts.complain = [this](const std::string& text) {
      const std::lock_guard<std::mutex> guard(mutex);
      complaints.push_back(text);
    };
    notifier = std::make_unique<Notifier>(std::move(parts));
    notifier->start([this](const Uuid& share, const Uuid& id) { gone = {share, id}; });
  }
  void waitFor(PushEvent event, int times) {
    std::unique_lock<std::mutex> guard(mutex);
    REQUIRE(changed.wait_for(guard, 1min, [&] { return counts[event] >= times; }));
  }

  std::atomic<std::chrono::steady_clock::duration> moment{1h};
  std::mutex mutex;
  std::condition_variable changed;
  std::map<PushEvent, int> counts;
  std::vector<std::string> complaints;
  std::pair<Uuid, Uuid> gone;
  FakeHttpClient* http = nullptr;
  std::unique_ptr<Notifier> notifier;
};

TEST_CASE("who is to be told is sent a push each") {
  Bench bench;
  bench.notifier->changed(Uuid(), {registration('a'), registration('b')});
  const auto sent = bench.http->sent(2);
  CHECK(sent[0].url == "https://api.push.example/3/device/" + std::string(64, 'a'));
  CHECK(sent[1].url == "https://api.push.example/3/device/" + std::string(64, 'b'));
  bench.waitFor(PushEvent::sent, 2);
}

TEST_CASE("no push tells which share or registration it is about") {
  Bench bench;
  const share::PushRegistration one = registration();
  const Uuid share = Uuid::random(systemRandom);
  bench.notifier->changed(share, {one});
  const OutboundRequest request = bench.http->sent(1)[0];
  std::string all = request.url + request.body;
  for (const auto& [name, value] : request.headers) all.append(name).append(value);
  for (const Uuid& id : {share, one.id}) {
    CHECK(all.find(id.toString()) == std::string::npos);
    CHECK(all.find(base64UrlEncode(id.bytes())) == std::string::npos);
  }
}

TEST_CASE("a dead token is reported with its share, and sent to no more") {
  Bench bench([](const OutboundRequest&) { return Response{410, {}, {}}; });
  const share::PushRegistration one = registration();
  const Uuid share = Uuid::random(systemRandom);
  bench.notifier->changed(share, {one});
  bench.waitFor(PushEvent::gone, 1);
  bench.notifier->stop(0ms);
  CHECK(bench.gone == std::pair(share, one.id));
}

TEST_CASE("what fails is tried again when its time has come") {
  std::atomic<int> status{503};
  Bench bench([&](const OutboundRequest&) { return Response{status, {}, {}}; });
  bench.notifier->changed(Uuid(), {registration()});
  bench.waitFor(PushEvent::repeated, 1);
  status = 200;
  bench.moment = 2h - 1min;
  bench.http->wake();
  bench.waitFor(PushEvent::sent, 1);
  CHECK(bench.http->sent().size() == 2);
}

TEST_CASE("a mistake of the relay's is told once, until something works again") {
  Bench bench([](const OutboundRequest&) {
    return Response{403, {}, R"({"reason":"InvalidProviderToken"})"};
  });
  for (int i = 0; i < 3; ++i) bench.notifier->changed(Uuid(), {registration()});
  bench.waitFor(PushEvent::failed, 3);
  bench.notifier->stop(0ms);
  REQUIRE(bench.complaints.size() == 1);
  CHECK(bench.complaints[0].find("push.apns-key") != std::string::npos);
  CHECK(bench.complaints[0].find(std::string(8, 'a')) == std::string::npos);
}

TEST_CASE("a stop sends what waits") {
  Bench bench;
  for (int i = 0; i < 50; ++i) bench.notifier->changed(Uuid::random(systemRandom), {registration()});
  bench.notifier->stop(1min);
  CHECK(bench.http->sent().size() == 50);
  bench.notifier->changed(Uuid(), {registration()});
  CHECK(bench.counts[PushEvent::dropped] == 1);
}

TEST_CASE("a stop sends what waits for the gap after an earlier push, too") {
  Bench bench;
  const share::PushRegistration one = registration();
  bench.notifier->changed(Uuid(), {one});
  bench.waitFor(PushEvent::sent, 1);
  bench.notifier->changed(Uuid(), {one});
  bench.notifier->stop(1min);
  CHECK(bench.http->sent().size() == 2);
  CHECK(bench.counts[PushEvent::sent] == 2);
}

TEST_CASE("types that are not sent and tokens that are none are refused and counted") {
  Bench bench;
  CHECK(bench.notifier->supportOf("com.apple.apns", std::string(64, 'a')) == share::PushSupport::full);
  CHECK(bench.notifier->supportOf("com.apple.apns", "x") == share::PushSupport::none);
  CHECK(bench.notifier->supportOf("webpush", "x") == share::PushSupport::none);
  CHECK(bench.notifier->supportOf("", "") == share::PushSupport::none);
  CHECK(bench.counts[PushEvent::refused] == 3);
  share::PushRegistration one = registration();
  one.type = "webpush";  // was sent before a setting changed
  bench.notifier->changed(Uuid(), {one});
  bench.waitFor(PushEvent::failed, 1);
}

}  // namespace
}  // namespace tigress::notify
