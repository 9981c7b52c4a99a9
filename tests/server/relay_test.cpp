#include "server/relay.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <random>
#include <system_error>
#include <thread>

#include "server/front/blocking_answer.h"
#include "server/share/share_codec.h"
#include "server/store/memory_store.h"
#include "tests/catch.h"
#include "tests/server/store/commit_now.h"
#include "tigress/json.h"

namespace tigress::relay {
namespace {

using Catch::Contains;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using store::Commit;
using store::commitNow;

const TimePoint kStart(milliseconds(1'790'000'000'000));

// A store that counts, and lets a test come between.
class ObservedStore : public store::ShareStore {
 public:
  share::SharePointer find(const Uuid& id) const override {
    auto found = inner.find(id);
    ++finds;
    if (afterFind) afterFind();
    return found;
  }
  void commit(const share::Change& change, store::CommitDone done) override {
    ++commits;
    if (!onCommit) return inner.commit(change, std::move(done));
    std::optional<store::CommitResult> result;
    try {
      result = onCommit(change);
    } catch (...) {
      result = std::current_exception();
    }
    done(*result);
  }
  std::vector<store::Expired> removeExpired(TimePoint now, std::size_t limit) override {
    ++removals;
    return inner.removeExpired(now, limit);
  }
  void overwriteErased() override { inner.overwriteErased(); }

  store::Usage usage() const override { return inner.usage(); }

  store::MemoryStore inner;
  mutable std::atomic<int> finds{0};
  std::atomic<int> commits{0};
  std::atomic<int> removals{0};
  std::function<void()> afterFind;
  std::function<Commit(const share::Change&)> onCommit;
};

std::string document(const std::string& title = "A key", const std::string& data = "AAAA") {
  return R"({"payload":{"type":"AEAD_AES_128_GCM","data":")" + data +
         R"("},"displayInformation":{"title":")" + title + R"("}})";
}

// A relay with a clock that stands still until it is moved.
struct Running {
  explicit Running(const std::function<void(RelayParts&)>& change = {}) {
    RelayParts parts;
    parts.rules.origin = "https://relay.example";
    parts.rules.longestWait = std::chrono::hours(1);  // a poll that is not woken never ends
    auto observed = std::make_unique<ObservedStore>();
    store = observed.get();
    parts.store = std::move(observed);
    parts.clock = [this] { return kStart + milliseconds(passed); };
    if (change) change(parts);
    relay = std::make_unique<Relay>(std::move(parts));
  }

  Response ask(const std::string& method, const std::string& target, Headers headers = {},
               const std::string& body = "") {
    Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.headers.add("Host", "relay.example");
    request.body = body;
    return front::answerBlocking(*relay, request);
  }

  // The path of a fresh share.
  std::string create(const std::string& body = document()) {
    const Response response = ask("POST", "/v1/", {}, body);
    REQUIRE(response.status == 201);
    return std::string(response.headers.get("Location")).substr(std::string("https://relay.example").size());
  }

  std::atomic<std::int64_t> passed{0};  // milliseconds since kStart
  ObservedStore* store;
  std::unique_ptr<Relay> relay;
};

const Headers kJson = {{"Accept", "application/json"}};
const Headers kHtml = {{"Accept", "text/html"}};

constexpr const char* kLockBody =
    R"(<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>)";

Headers pollFor(const Response& known, const std::string& wait = "3600") {
  return {{"If-None-Match", std::string(known.headers.get("ETag"))}, {"Prefer", "wait=" + wait}};
}

std::vector<Response> inParallel(int count, const std::function<Response(int)>& work) {
  std::atomic<int> missing{count};
  std::vector<Response> responses(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      --missing;
      while (missing > 0) std::this_thread::yield();
      responses[static_cast<std::size_t>(i)] = work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return responses;
}

std::size_t countStatus(const std::vector<Response>& responses, int status) {
  return static_cast<std::size_t>(
      std::count_if(responses.begin(), responses.end(),
                    [&](const Response& response) { return response.status == status; }));
}

Uuid idOf(const std::string& path) {
  return *Uuid::parse(path.substr(4, 36));
}

}  // namespace

TEST_CASE("a client network that made all its shares is told to wait, and may still read") {
  std::chrono::steady_clock::time_point moment;
  Running running([&](RelayParts& parts) {
    parts.admission.rateLimits = true;
    parts.admission.networks = 1024;
    parts.admission.budgets.fill({2, minutes(1)});
    parts.steadyClock = [&] { return moment; };
  });
  const std::string path = running.create();
  CHECK(running.ask("PUT", "/v1/new/share.json").status == 307);
  const Response refused = running.ask("POST", "/v1/", {}, document());
  CHECK(refused.status == 429);
  CHECK(refused.headers.get("Retry-After") == "30");
  CHECK(running.ask("GET", path, kJson).status == 200);
  moment += seconds(30);
  CHECK(running.ask("POST", "/v1/", {}, document()).status == 201);
}

TEST_CASE("a head that is answered before its body is charged once, and so is one that is not") {
  Running running([](RelayParts& parts) {
    parts.admission.rateLimits = true;
    parts.admission.networks = 1024;
    parts.admission.budgets.fill({2, minutes(1)});
  });
  const auto head = [&](const std::string& method, const std::string& target) {
    return front::answerToHeadBlocking(*running.relay, {method, target, {{"Host", "relay.example"}}, ""});
  };
  CHECK_FALSE(head("POST", "/v1/"));
  CHECK(running.ask("POST", "/v1/", {}, document()).status == 201);
  CHECK(head("PUT", "/v1/new/share.json")->status == 307);
  CHECK(head("PUT", "/v1/new/share.json")->status == 429);
  CHECK(head("POST", "/v1/m")->status == 429);
}

TEST_CASE(
    "each face of a share is a read, and each prefix of its link, typed and fetched, leaves the link its "
    "budget") {
  Running running([](RelayParts& parts) {
    parts.admission.rateLimits = true;
    parts.admission.networks = 1024;
    parts.admission.budgets.fill({12, minutes(1)});
  });
  const std::string path = running.create();
  for (std::size_t length = 1; length < path.size(); ++length) {
    const Response answer = running.ask("GET", path.substr(0, length), kHtml);
    INFO(length);
    CHECK(answer.status != 429);
  }
  // Twelve but for the collection with and without its slash.
  for (int i = 0; i < 5; ++i) CHECK(running.ask("GET", path, kHtml).status == 200);
  for (int i = 0; i < 5; ++i) CHECK(running.ask("GET", path, kJson).status == 200);
  CHECK(running.ask("GET", path, kJson).status == 429);
  CHECK(running.ask("GET", path, kHtml).status == 429);
}

TEST_CASE("clients behind a trusted proxy have budgets of their own, strangers' words give them none") {
  Running running([](RelayParts& parts) {
    parts.admission.rateLimits = true;
    parts.admission.networks = 1024;
    parts.admission.budgets.fill({1, minutes(1)});
    parts.admission.proxies.networks = {*Network::parse("10.0.0.0/8")};
  });
  const auto create = [&](const std::string& peer, const std::string& forwarded) {
    Request request{"POST", "/v1/", {{"Host", "relay.example"}, {"X-Forwarded-For", forwarded}}, document()};
    request.peer = peer;
    return front::answerBlocking(*running.relay, request).status;
  };
  CHECK(create("10.0.0.1", "192.0.2.1") == 201);
  CHECK(create("10.0.0.1", "192.0.3.1") == 201);
  CHECK(create("10.0.0.1", "198.51.100.1, 192.0.2.2") == 429);
  CHECK(create("203.0.113.1", "192.0.4.1") == 201);
  CHECK(create("203.0.113.1", "192.0.5.1") == 429);
}

TEST_CASE("a store that is full by its limits takes nothing new until something goes") {
  std::chrono::steady_clock::time_point moment;
  Running running([&](RelayParts& parts) {
    parts.admission.storage.shares = 2;
    parts.steadyClock = [&] { return moment += seconds(1); };
  });
  const std::string path = running.create();
  running.create();
  const Response refused = running.ask("POST", "/v1/", {}, document());
  CHECK(refused.status == 507);
  CHECK_THAT(refused.body, Contains("sufficient-disk-space"));
  CHECK(running.ask("GET", path, kJson).status == 200);
  CHECK(running.ask("DELETE", path).status == 204);
  CHECK(running.ask("POST", "/v1/", {}, document()).status == 201);
}

TEST_CASE("a share comes back with its exact bytes") {
  Running running;
  const std::string body = " {\"x\" : [1.0e5, \"\xC3\xBC\"],\n" + document().substr(1) + "\t";
  const std::string path = running.create(body);
  const Response response = running.ask("GET", path);
  CHECK(response.status == 200);
  CHECK(response.body == body);
  CHECK(response.headers.get("Content-Type") == "application/json");
  CHECK(response.headers.get("Sunset") == formatHttpDate(kStart + std::chrono::hours(24)));
}

TEST_CASE("an expired share is gone from its second on, without any cleanup") {
  Running running([](RelayParts& parts) { parts.rules.lifetimes.share = seconds(100); });
  const std::string path = running.create();
  const std::string collection = path.substr(0, 41);
  const Headers anything;
  running.passed = 99'999;
  CHECK(running.ask("GET", path).status == 200);
  CHECK(running.ask("GET", path, kHtml).status == 200);
  CHECK(running.ask("PROPFIND", collection, {{"Depth", "1"}}).status == 207);
  running.passed = 100'000;
  CHECK(running.ask("GET", path).status == 404);
  CHECK(running.ask("HEAD", path).status == 404);
  CHECK(running.ask("GET", path, kHtml).status == 404);
  CHECK(running.ask("GET", collection).status == 404);
  CHECK(running.ask("PROPFIND", collection, {{"Depth", "1"}}).status == 404);
  CHECK(running.ask("DELETE", path).status == 404);
  CHECK(running.ask("PUT", path, {}, document()).status == 409);
  CHECK(running.ask("PUT", path, {{"If-Match", "*"}}, document()).status == 412);
  CHECK(running.ask("LOCK", path, {}, kLockBody).status == 409);
  CHECK(running.store->removals == 0);
  CHECK(running.store->inner.find(idOf(path)));  // it lies there, and nobody sees it
}

TEST_CASE("an expired, a deleted and an unknown share get the same answer") {
  Running running([](RelayParts& parts) { parts.rules.lifetimes.share = seconds(100); });
  const std::string expired = running.create();
  running.passed = 100'000;
  const std::string deleted = running.create();
  REQUIRE(running.ask("DELETE", deleted).status == 204);
  const std::string unknown = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";
  for (const Headers& headers : {kJson, kHtml}) {
    const Response answer = running.ask("GET", unknown, headers);
    CHECK(answer.status == 404);
    for (const std::string& path : {expired, deleted}) {
      const Response other = running.ask("GET", path, headers);
      CHECK(other.status == answer.status);
      CHECK(other.body == answer.body);
      CHECK(std::vector<Headers::Field>(other.headers.begin(), other.headers.end()) ==
            std::vector<Headers::Field>(answer.headers.begin(), answer.headers.end()));
    }
  }
}

TEST_CASE(
    "a client's name for a share is free as soon as its time is up, without a second look at the store") {
  Running running([](RelayParts& parts) {
    parts.rules.identifiers = share::Identifiers::any;
    parts.rules.lifetimes.share = seconds(100);
  });
  const std::string collection = "/v1/570506ed-38f0-4d45-8494-548c83abc00c/";
  REQUIRE(running.ask("MKCOL", collection).status == 201);
  running.passed = 100'000;
  running.store->finds = 0;
  CHECK(running.ask("MKCOL", collection).status == 201);
  CHECK(running.store->finds == 1);
  CHECK(running.ask("MKCOL", collection).status == 405);
}

TEST_CASE("as many expired shares are removed as were asked for, and nothing else") {
  Running running([](RelayParts& parts) { parts.rules.lifetimes.share = seconds(100); });
  std::vector<std::string> old;
  for (int i = 0; i < 25; ++i) old.push_back(running.create());
  running.passed = 50'000;
  const std::string young = running.create();
  CHECK(running.relay->removeExpired(10) == 0);
  running.passed = 100'000;
  CHECK(running.relay->removeExpired(10) == 10);
  CHECK(running.relay->removeExpired(20) == 15);
  for (const std::string& path : old) CHECK_FALSE(running.store->inner.find(idOf(path)));
  CHECK(running.ask("GET", young).status == 200);
}

TEST_CASE("a reservation that nobody fills is gone after its time") {
  Running running;
  const Response redirect = running.ask("PUT", "/v1/new/share.json", {}, document());
  REQUIRE(redirect.status == 307);
  const std::string path = std::string(redirect.headers.get("Location")).substr(21);
  CHECK(running.ask("GET", path).status == 404);
  running.passed = 60'000;
  CHECK(running.ask("PUT", path, {}, document()).status == 409);
  running.passed = 59'999;
  CHECK(running.ask("PUT", path, {}, document()).status == 201);
  CHECK(running.ask("GET", path).body == document());
}

TEST_CASE("a PUT that waits with its body is sent to its place from the head alone") {
  Running running;
  Request head;
  head.method = "PUT";
  head.target = "/v1/new/share.json";
  head.headers = {{"Host", "relay.example"}, {"Expect", "100-continue"}, {"Content-Length", "100"}};
  const auto response = front::answerToHeadBlocking(*running.relay, head);
  REQUIRE(response);
  CHECK(response->status == 307);
  const std::string path = std::string(response->headers.get("Location")).substr(21);
  head.target = path;
  CHECK_FALSE(front::answerToHeadBlocking(*running.relay, head));
  CHECK(running.ask("PUT", path, {}, document()).status == 201);
}

TEST_CASE("a long poll wakes when the share changes") {
  Running running;
  const std::string path = running.create();
  const Response known = running.ask("GET", path);
  Response answer;
  running.store->finds = 0;
  std::thread poll([&] { answer = running.ask("GET", path, pollFor(known)); });
  while (running.store->finds == 0) std::this_thread::yield();
  CHECK(running.ask("LOCK", path, {}, kLockBody).status == 200);  // no change that a reader could see
  CHECK(running.ask("UNLOCK", path, {{"Lock-Token", "<x:y>"}}).status == 409);
  const auto token = running.store->inner.find(idOf(path))->locks.at(0).token;
  CHECK(running.ask("PUT", path, {{"If", "(<" + token + ">)"}}, document("B")).status == 204);
  poll.join();
  CHECK(answer.status == 200);
  CHECK(answer.body == document("B"));
  CHECK(answer.headers.get("Preference-Applied") == "wait=3600");
}

TEST_CASE("a long poll of the collection wakes when the share is claimed") {
  Running running;
  const std::string claim = "a0a0a0a0-0000-4000-8000-000000000001";
  const Response created = running.ask("POST", "/v1/", {{"Mailbox-Device-Claim", claim}}, document());
  REQUIRE(created.status == 201);
  const std::string path =
      std::string(created.headers.get("Location")).substr(std::string("https://relay.example").size());
  const std::string collection = path.substr(0, path.rfind('/') + 1);
  Headers poll = pollFor(running.ask("GET", collection, kJson));
  poll.add("Accept", "application/json");
  Response answer;
  running.store->finds = 0;
  std::thread waiting([&] { answer = running.ask("GET", collection, poll); });
  while (running.store->finds == 0) std::this_thread::yield();
  const Headers receiver = {{"Mailbox-Device-Claim", "a0a0a0a0-0000-4000-8000-000000000002"}};
  CHECK(running.ask("POST", path, receiver).status == 200);
  waiting.join();
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("\"claimed\""));
  CHECK(answer.headers.get("Preference-Applied") == "wait=3600");
}

TEST_CASE("a change between a long poll's look and its wait is not missed") {
  Running running;
  const std::string path = running.create();
  const Response known = running.ask("GET", path);
  bool changed = false;
  running.store->afterFind = [&] {
    if (std::exchange(changed, true)) return;
    REQUIRE(running.ask("PUT", path, {}, document("B")).status == 204);
  };
  CHECK(running.ask("GET", path, pollFor(known)).body == document("B"));
}

TEST_CASE("a long poll ends when the share is deleted or removed") {
  Running running;
  const std::string path = running.create();
  const Response known = running.ask("GET", path);
  bool gone = false;
  SECTION("deleted") {
    running.store->afterFind = [&] {
      if (!std::exchange(gone, true)) REQUIRE(running.ask("DELETE", path).status == 204);
    };
  }
  SECTION("removed by the cleanup") {
    running.store->afterFind = [&] {
      if (std::exchange(gone, true)) return;
      running.passed = 24 * 3600 * 1000;
      REQUIRE(running.relay->removeExpired(10) == 1);
    };
  }
  CHECK(running.ask("GET", path, pollFor(known)).status == 404);
}

TEST_CASE("a long poll ends when the share expires, before any cleanup") {
  const auto begun = std::chrono::steady_clock::now();
  Running running([&](RelayParts& parts) {
    parts.clock = [begun] {
      return kStart + std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
    };
  });
  share::Share share;
  share.id = *Uuid::parse("2bba630e-519b-41ec-bf63-0242ac130002");
  share.stage = share::Stage::filled;
  share.body = document();
  share.etag = "\"1\"";
  share.expires = kStart + milliseconds(300);
  REQUIRE(commitNow(running.store->inner, share::Change::write(share)) == Commit::done);
  const Headers poll = {{"If-None-Match", "\"1\""}, {"Prefer", "wait=3600"}};
  CHECK(running.ask("GET", share::pathOf(share.id, share::Member::document), poll).status == 404);
}

TEST_CASE("a long poll whose time is up is a 304 that says what it waited") {
  Running running([](RelayParts& parts) { parts.rules.longestWait = seconds(0); });
  const std::string path = running.create();
  const Response answer = running.ask("GET", path, pollFor(running.ask("GET", path)));
  CHECK(answer.status == 304);
  CHECK(answer.body.empty());
  CHECK(answer.headers.get("Preference-Applied") == "wait=0");
}

TEST_CASE("a long poll does not wait for what its reader has not seen yet") {
  Running running;
  const std::string path = running.create();
  CHECK(running.ask("GET", path, {{"Prefer", "wait=3600"}}).status == 200);
  CHECK(running.ask("GET", path, {{"Prefer", "wait=3600"}, {"If-None-Match", "\"old\""}}).status == 200);
  CHECK(running
            .ask("GET", "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json",
                 {{"Prefer", "wait=3600"}, {"If-None-Match", "\"old\""}})
            .status == 404);
}

TEST_CASE("endWaits answers all long polls, and every later one at once") {
  Running running;
  const std::string path = running.create();
  const Response known = running.ask("GET", path);
  Response answer;
  running.store->finds = 0;
  std::thread poll([&] { answer = running.ask("GET", path, pollFor(known)); });
  while (running.store->finds == 0) std::this_thread::yield();
  running.relay->endWaits();
  poll.join();
  CHECK(answer.status == 304);
  CHECK(running.ask("GET", path, pollFor(known)).status == 304);
  CHECK(running.ask("GET", path).status == 200);
}

namespace {

// A client that looks at its watch itself: what a front does, in the hands of a test.
class SteppedExchange : public front::Exchange {
 public:
  void finish(front::Answer answer) override {
    REQUIRE(answer);
    answers.push_back(*answer);
  }
  void resume(std::function<void()> work) override { works.push_back(std::move(work)); }
  void whenGone(std::function<void()> act) override { gone = std::move(act); }

  std::vector<std::optional<Response>> answers;
  std::vector<std::function<void()>> works;
  std::function<void()> gone;
};

}  // namespace

TEST_CASE("a long poll holds no thread while it waits") {
  Running running;
  const std::string path = running.create();
  Request poll{"GET", path, pollFor(running.ask("GET", path)), ""};
  SteppedExchange exchange;
  running.relay->answer(poll, front::Reply(exchange));
  REQUIRE(exchange.answers.empty());
  REQUIRE(exchange.works.empty());
  REQUIRE(running.ask("PUT", path, {}, document("B")).status == 204);
  REQUIRE(exchange.works.size() == 1);
  CHECK(exchange.answers.empty());
  exchange.works.front()();
  REQUIRE(exchange.answers.size() == 1);
  CHECK(exchange.answers.front()->body == document("B"));
}

TEST_CASE("a long poll whose client goes away is answered at once, and once") {
  Running running;
  const std::string path = running.create();
  Request poll{"GET", path, pollFor(running.ask("GET", path)), ""};
  SteppedExchange exchange;
  running.relay->answer(poll, front::Reply(exchange));
  REQUIRE(exchange.gone);
  std::exchange(exchange.gone, nullptr)();
  REQUIRE(exchange.works.size() == 1);
  REQUIRE(running.ask("PUT", path, {}, document("B")).status == 204);
  CHECK(exchange.works.size() == 1);
  exchange.works.front()();
  REQUIRE(exchange.answers.size() == 1);
  CHECK(exchange.answers.front()->body == document("B"));
}

TEST_CASE("one URL has a page for people and the document for wallets") {
  Running running;
  const std::string path = running.create();
  const Response json = running.ask("GET", path, kJson);
  const Response page = running.ask("GET", path, kHtml);
  CHECK(json.headers.get("Content-Type") == "application/json");
  CHECK(json.body == document());
  CHECK_THAT(std::string(page.headers.get("Content-Type")), Catch::StartsWith("text/html"));
  CHECK_THAT(page.body, Contains("og:title") && !Contains("AEAD_AES_128_GCM"));
  CHECK(json.headers.get("ETag") != page.headers.get("ETag"));
  CHECK(running.ask("GET", path + "?format=html", kJson).body == page.body);
  CHECK(running.ask("GET", path + "?format=json", kHtml).body == json.body);
  CHECK(running.ask("GET", path).body == json.body);
}

TEST_CASE("each face has its own tag, and HEAD has the headers of GET") {
  Running running;
  const std::string path = running.create();
  for (const bool html : {false, true}) {
    INFO((html ? "page" : "document"));
    const Headers face = html ? kHtml : kJson;
    const Headers other = html ? kJson : kHtml;
    const Response whole = running.ask("GET", path, face);
    const auto with = [&](Headers headers, const std::string& tags) {
      headers.add("If-None-Match", tags);
      return running.ask("GET", path, headers);
    };
    const std::string tag(whole.headers.get("ETag"));
    CHECK(with(face, tag).status == 304);
    CHECK(with(face, tag).body.empty());
    CHECK(with(face, tag).headers.get("ETag") == tag);
    CHECK(with(face, "\"x\", W/" + tag).status == 304);
    CHECK(with(face, "*").status == 304);
    CHECK(with(face, "\"x\"").status == 200);
    CHECK(with(other, tag).status == 200);
    const Response head = running.ask("HEAD", path, face);
    CHECK(head.status == 200);
    CHECK(std::vector<Headers::Field>(head.headers.begin(), head.headers.end()) ==
          std::vector<Headers::Field>(whole.headers.begin(), whole.headers.end()));
  }
}

TEST_CASE("a share that nobody filled has no page yet") {
  Running running;
  const Response redirect = running.ask("PUT", "/v1/new/share.json", {}, "");
  const std::string path = std::string(redirect.headers.get("Location")).substr(21);
  CHECK(running.ask("GET", path, kHtml).status == 404);
  REQUIRE(running.ask("PUT", path).status == 201);
  CHECK(running.ask("GET", path, kHtml).status == 404);
  CHECK(running.ask("GET", path, kJson).status == 200);
  CHECK(running.ask("GET", path, kJson).body.empty());
}

TEST_CASE("pages and files outside the shares are served") {
  Running running;
  CHECK_THAT(std::string(running.ask("GET", "/").headers.get("Content-Type")),
             Catch::StartsWith("text/html"));
  CHECK(running.ask("GET", "/robots.txt").status == 200);
  CHECK(running.ask("GET", "/favicon.ico").status == 200);
  CHECK(running.ask("GET", "/nothing").status == 404);
  CHECK(running.ask("POST", "/robots.txt", {}, "x").status != 200);
  CHECK(running.store->finds == 0);
}

TEST_CASE("reading changes nothing, however often and in whatever way") {
  Running running;
  const std::string path = running.create();
  const auto before = running.store->inner.find(idOf(path));
  running.store->commits = 0;
  std::mt19937 random(7);
  const std::vector<std::string> targets = {
      path, path.substr(0, 41), path.substr(0, 40), path + "?v=c", path + "?format=html", "/", "/v1/"};
  const std::vector<Headers::Field> fields = {{"Accept", "text/html"},         {"Accept", "application/json"},
                                              {"If-None-Match", before->etag}, {"If-Match", "\"x\""},
                                              {"Range", "bytes=1-3"},          {"Prefer", "wait=0"},
                                              {"User-Agent", "WhatsApp/2.23"}, {"Expect", "100-continue"},
                                              {"Content-Length", "0"},         {"If", "(<urn:uuid:1>)"}};
  for (int i = 0; i < 1000; ++i) {
    Headers headers;
    for (const auto& [name, value] : fields) {
      if (random() % 3 == 0) headers.add(name, value);
    }
    Request head;
    head.method = random() % 2 ? "GET" : "HEAD";
    head.target = targets[random() % targets.size()];
    head.headers = headers;
    front::answerToHeadBlocking(*running.relay, head);
    CHECK(running.ask(head.method, head.target, headers).status < 500);
  }
  CHECK(running.store->commits == 0);
  CHECK(running.store->inner.find(idOf(path)) == before);
}

TEST_CASE("of parallel PUTs over one tag exactly one wins") {
  Running running;
  const std::string path = running.create();
  const std::string tag(running.ask("GET", path).headers.get("ETag"));
  const auto answers = inParallel(64, [&](int i) {
    return running.ask("PUT", path, {{"If-Match", tag}}, document(std::to_string(i)));
  });
  CHECK(countStatus(answers, 204) == 1);
  CHECK(countStatus(answers, 412) == 63);
  const Response stored = running.ask("GET", path);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status != 204) continue;
    CHECK(stored.body == document(std::to_string(i)));
    CHECK(stored.headers.get("ETag") == answers[i].headers.get("ETag"));
  }
}

TEST_CASE("parallel PUTs without a condition all happen, one after the other") {
  Running running;
  const std::string path = running.create();
  const auto answers =
      inParallel(32, [&](int i) { return running.ask("PUT", path, {}, document(std::to_string(i))); });
  CHECK(countStatus(answers, 204) == 32);
  CHECK(running.store->inner.find(idOf(path))->version == 33);
}

TEST_CASE("of parallel exclusive LOCKs exactly one wins") {
  Running running;
  const std::string path = running.create();
  const auto answers = inParallel(8, [&](int) { return running.ask("LOCK", path, {}, kLockBody); });
  CHECK(countStatus(answers, 200) == 1);
  CHECK(countStatus(answers, 423) == 7);
  CHECK(running.store->inner.find(idOf(path))->locks.size() == 1);
}

TEST_CASE("of parallel DELETEs exactly one finds something to delete") {
  Running running;
  const std::string path = running.create();
  const auto answers = inParallel(8, [&](int) { return running.ask("DELETE", path); });
  CHECK(countStatus(answers, 204) == 1);
  CHECK(countStatus(answers, 404) == 7);
}

TEST_CASE("a store without room is a 507 and nothing has changed") {
  Running running;
  const std::string path = running.create();
  running.store->onCommit = [](const share::Change&) { return Commit::full; };
  CHECK(running.ask("POST", "/v1/", {}, document()).status == 507);
  const Response answer = running.ask("PUT", path, {}, document("B"));
  CHECK(answer.status == 507);
  CHECK_THAT(answer.body, Contains("sufficient-disk-space"));
  CHECK(answer.headers.get("Retry-After") == "60");
  CHECK_FALSE(answer.headers.has("ETag"));
  running.store->onCommit = nullptr;
  CHECK(running.ask("GET", path).body == document());
}

TEST_CASE("a broken store is an exception, for the front to answer") {
  Running running;
  const std::string path = running.create();
  running.store->onCommit = [](const share::Change&) -> Commit { throw std::runtime_error("broken"); };
  CHECK_THROWS(running.ask("PUT", path, {}, document("B")));
  running.store->onCommit = nullptr;
  CHECK(running.ask("GET", path).body == document());
}

TEST_CASE("without randomness there is no identifier, tag or token") {
  std::atomic<bool> broken{false};
  Running running([&](RelayParts& parts) {
    parts.random = [&](void* out, std::size_t size) {
      if (broken) throw std::system_error(EIO, std::generic_category(), "getentropy");
      systemRandom(out, size);
    };
  });
  const std::string path = running.create();
  running.store->commits = 0;
  broken = true;
  CHECK_THROWS_AS(running.ask("POST", "/v1/", {}, document()), std::system_error);
  CHECK_THROWS_AS(running.ask("PUT", "/v1/new/share.json", {}, document()), std::system_error);
  CHECK_THROWS_AS(running.ask("PUT", path, {}, document("B")), std::system_error);
  CHECK_THROWS_AS(running.ask("LOCK", path, {}, kLockBody), std::system_error);
  CHECK(running.store->commits == 0);
  CHECK(running.ask("GET", path).body == document());
  broken = false;
  CHECK(running.ask("LOCK", path, {}, kLockBody).status == 200);
}

TEST_CASE("a share that changes under every attempt is a 503, not an endless loop") {
  Running running;
  const std::string path = running.create();
  running.store->onCommit = [](const share::Change&) { return Commit::conflict; };
  CHECK(running.ask("PUT", path, {}, document("B")).status == 503);
}

TEST_CASE("a commit whose outcome is unknown is looked up: it had happened") {
  Running running;
  const std::string path = running.create();
  running.store->commits = 0;
  running.store->onCommit = [&](const share::Change& change) {
    REQUIRE(commitNow(running.store->inner, change) == Commit::done);
    return Commit::unknown;
  };
  SECTION("create") {
    const Response created = running.ask("POST", "/v1/", {}, document("B"));
    CHECK(created.status == 201);
    CHECK(running.ask("GET", std::string(created.headers.get("Location")).substr(21)).body == document("B"));
  }
  SECTION("replace") {
    const Response put = running.ask("PUT", path, {}, document("B"));
    CHECK(put.status == 204);
    CHECK(put.headers.get("ETag") == running.ask("GET", path).headers.get("ETag"));
  }
  SECTION("lock") {
    const Response lock = running.ask("LOCK", path, {}, kLockBody);
    CHECK(lock.status == 200);
    CHECK(lock.headers.get("Lock-Token") ==
          "<" + running.store->inner.find(idOf(path))->locks.at(0).token + ">");
  }
  SECTION("delete") {
    CHECK(running.ask("DELETE", path).status == 204);
    CHECK(running.ask("GET", path).status == 404);
  }
  CHECK(running.store->commits == 1);
}

TEST_CASE("a commit whose outcome is unknown is looked up: it had not happened, and is tried again") {
  Running running;
  const std::string path = running.create();
  bool lost = false;
  running.store->onCommit = [&](const share::Change& change) {
    return std::exchange(lost, true) ? commitNow(running.store->inner, change) : Commit::unknown;
  };
  SECTION("create") {
    CHECK(running.ask("POST", "/v1/", {}, document("B")).status == 201);
  }
  SECTION("replace") {
    CHECK(running.ask("PUT", path, {}, document("B")).status == 204);
    CHECK(running.ask("GET", path).body == document("B"));
  }
  SECTION("delete") {
    CHECK(running.ask("DELETE", path).status == 204);
    CHECK(running.ask("GET", path).status == 404);
  }
}

TEST_CASE("a commit whose outcome is unknown is looked up: another request had been faster") {
  Running running;
  const std::string path = running.create();
  const std::string tag(running.ask("GET", path).headers.get("ETag"));
  running.store->onCommit = [&](const share::Change&) {
    share::Share next = *running.store->inner.find(idOf(path));
    SECTION("it locked") {
      next.locks = {{"urn:uuid:other", LockScope::exclusive, share::LockDepth::zero, share::Member::document,
                     "", kStart + seconds(100)}};
    }
    SECTION("it wrote") {
      next.body = document("other");
      next.etag = "\"other\"";
    }
    running.store->onCommit = nullptr;
    REQUIRE(commitNow(running.store->inner, share::Change::write(next)) == Commit::done);
    return Commit::unknown;
  };
  const Response lock = running.ask("LOCK", path, {{"If-Match", tag}}, kLockBody);
  const auto stored = running.store->inner.find(idOf(path));
  CHECK(lock.status == (stored->locks.empty() ? 412 : 423));
  CHECK(stored->version == 2);
}

TEST_CASE("an answer leaves only after its change is committed") {
  Running running;
  std::vector<std::string> order;
  running.store->onCommit = [&](const share::Change& change) {
    order.emplace_back("committed");
    return commitNow(running.store->inner, change);
  };
  CHECK(running.ask("POST", "/v1/", {}, document()).status == 201);
  order.emplace_back("answered");
  CHECK(order == std::vector<std::string>{"committed", "answered"});
}

}  // namespace tigress::relay
