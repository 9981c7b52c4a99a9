#include "server/push.h"

#include <filesystem>
#include <fstream>

#include "server/notify/apns.h"
#include "server/store/memory_store.h"
#include "tests/server/devices.h"
#include "tests/server/notify/fake_http_client.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::relay {
namespace {

using notify::FakeHttpClient;
using notify::OutboundRequest;
using notify::PushEvent;

// Commits when it is let.
class HeldStore : public store::ShareStore {
 public:
  share::SharePointer find(const Uuid& id) const override { return inner_.find(id); }
  void commit(const share::Change& change, store::CommitDone done) override {
    if (before) before();
    if (instead) return done(*instead);
    inner_.commit(change, std::move(done));
  }
  std::vector<store::Expired> removeExpired(TimePoint now, std::size_t limit) override {
    return inner_.removeExpired(now, limit);
  }
  void overwriteErased() override { inner_.overwriteErased(); }
  store::Usage usage() const override { return inner_.usage(); }

  std::function<void()> before;
  std::optional<store::Commit> instead;

 private:
  store::MemoryStore inner_;
};

struct Bench {
  explicit Bench(int status = 200) : status_(status) {
    RelayParts parts;
    parts.rules.origin = "https://relay.example";
    auto held = std::make_unique<HeldStore>();
    store = held.get();
    parts.store = std::move(held);
    parts.clock = [this] { return now; };
    parts.metrics = registry;
    notify::Notifier::Parts pushes;
    pushes.transports.push_back(std::make_unique<notify::Apns>(
        notify::Apns::Parts{notify::EcKey::generate(), "KEY1234567", "TEAM123456", "example.wallet",
                            "https://api.push.example"}));
    auto client = std::make_unique<FakeHttpClient>([this](const OutboundRequest&) {
      return Response{status_, {}, {}};
    });
    http = client.get();
    pushes.http = std::move(client);
    pushes.limits.gap = std::chrono::milliseconds(0);
    pushes.random = systemRandom;
    pushes.clock = [this] { return now; };
    pushes.steadyClock = std::chrono::steady_clock::now;
    parts.notifier = std::make_unique<notify::Notifier>(std::move(pushes));
    relay.emplace(std::move(parts));
  }

  Response send(const std::string& method, const std::string& target, Headers headers,
                std::string body = {}) {
    headers.add("Host", "relay.example");
    return front::answerBlocking(*relay, {method, target, std::move(headers), std::move(body)});
  }
  std::string token(char digit) const {
    return R"("notificationToken":{"type":"com.apple.apns","tokenData":")" + std::string(64, digit) + "\"},";
  }
  std::string create(const Phone& phone) {
    std::string body = creation(R"("accessRights":"RWD")");
    body.insert(1, token('a'));
    const Response made = send("POST", "/v1/m", phone.headers(), body);
    REQUIRE(made.status == 200);
    CHECK(*Json::parse(made.body)->find("isPushNotificationSupported")->boolean());
    return pathIn(member(made, "urlLink"));
  }
  // The last digits of those who were told, after that many pushes, and of no more.
  std::string told(std::size_t pushes) {
    http->sent(pushes);
    relay->endPushes(std::chrono::minutes(1));
    std::string digits;
    for (const OutboundRequest& request : http->sent()) digits += request.url.back();
    return digits;
  }

  int status_;
  TimePoint now = *parseRfc3339("2026-11-21T12:00:00Z");
  std::shared_ptr<metrics::Registry> registry = std::make_shared<metrics::Registry>();
  HeldStore* store = nullptr;
  FakeHttpClient* http = nullptr;
  std::optional<Relay> relay;
};

TEST_CASE("a push leaves after its commit, and not if that fails") {
  Bench bench;
  const Phone owner;
  const std::string path = bench.create(owner);
  bench.store->instead = store::Commit::full;
  CHECK(bench.send("POST", path, Phone().headers()).status == 507);
  bench.store->instead.reset();
  std::size_t sentBefore = 99;
  bench.store->before = [&] { sentBefore = bench.http->sent().size(); };
  CHECK(bench.send("POST", path, Phone().headers()).status == 200);
  CHECK(sentBefore == 0);
  CHECK(bench.told(1) == "a");
}

TEST_CASE("each device is told of what the other does, and of the end") {
  Bench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = bench.create(owner);
  CHECK(bench.send("GET", path, {{"Accept", "text/html"}}).status == 200);
  CHECK(bench.send("POST", path, owner.headers()).status == 200);
  CHECK(bench.send("POST", path, friendly.headers()).status == 200);
  bench.http->sent(1);
  std::string reply = payload("reply");
  reply.insert(1, bench.token('b'));
  CHECK(bench.send("PUT", path, friendly.headers(), reply).status == 200);
  bench.http->sent(2);
  CHECK(bench.send("PUT", path, owner.headers(), payload("answer")).status == 200);
  bench.http->sent(3);
  CHECK(bench.send("DELETE", path, friendly.headers()).status == 200);
  CHECK(bench.told(4) == "aaba");
}

TEST_CASE("whoever is registered is told when a share expires") {
  Bench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = bench.create(owner);
  bench.now += std::chrono::hours(24);
  CHECK(bench.relay->removeExpired(10) == 1);
  CHECK(bench.told(1) == "a");
}

TEST_CASE("a dead token leaves the record, and the other device notices nothing") {
  Bench bench(410);
  const Phone owner;
  const Phone friendly;
  const std::string path = bench.create(owner);
  const Uuid id = *Uuid::parse(path.substr(path.rfind('/') + 1));
  CHECK(bench.store->find(id)->registrations.size() == 1);
  CHECK(bench.send("POST", path, friendly.headers()).status == 200);
  bench.told(1);
  CHECK(bench.store->find(id)->registrations.empty());
  CHECK(bench.send("POST", path, friendly.headers()).status == 200);
}

TEST_CASE("a dead token that the store could not forget is forgotten at the next cleanup") {
  Bench bench(410);
  const Phone owner;
  const std::string path = bench.create(owner);
  const Uuid id = *Uuid::parse(path.substr(path.rfind('/') + 1));
  int commits = 0;
  SECTION("another change was faster") {
    bench.store->before = [&] {
      if (++commits == 2) bench.store->instead = store::Commit::conflict;
    };
  }
  SECTION("the store is broken") {
    bench.store->before = [&] {
      if (++commits == 2) throw std::runtime_error("the disk is on fire");
    };
  }
  CHECK(bench.send("POST", path, Phone().headers()).status == 200);
  bench.told(1);
  CHECK(bench.store->find(id)->registrations.size() == 1);
  bench.store->before = nullptr;
  bench.store->instead.reset();
  bench.relay->removeExpired(10);
  CHECK(bench.store->find(id)->registrations.empty());
}

TEST_CASE("the VAPID key is made once, for its owner's eyes only") {
  const store::TemporaryFolder folder;
  metrics::Registry registry;
  const Log log(LogLevel::error, LogFormat::text, [](std::string_view) {});
  PushSettings settings{};
  settings.webPush = true;
  settings.vapidKeyFile = folder / "vapid.pem";
  CHECK_FALSE(openNotifier({}, "https://relay.example", registry, log));
  const auto first = openNotifier(settings, "https://relay.example", registry, log);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(settings.vapidKeyFile).permissions() ==
        (perms::owner_read | perms::owner_write));
  const auto second = openNotifier(settings, "https://relay.example", registry, log);
  CHECK(first->webPushKey() == second->webPushKey());
  CHECK(describePushes(settings, second.get()) ==
        R"({"types":["webpush"],"vapidPublicKey":")" + first->webPushKey() + "\"}\n");
  std::ofstream(settings.vapidKeyFile) << "no key";
  CHECK_THROWS_WITH(openNotifier(settings, "https://relay.example", registry, log),
                    Catch::Contains("push.vapid-key"));
  settings.vapidKeyFile = folder / "missing/vapid.pem";
  CHECK_THROWS_WITH(openNotifier(settings, "https://relay.example", registry, log),
                    Catch::Contains("push.vapid-key"));
}

}  // namespace
}  // namespace tigress::relay
