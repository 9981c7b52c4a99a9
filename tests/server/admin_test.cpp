#include "server/admin.h"

#include "server/front/blocking_answer.h"
#include "server/store/memory_store.h"
#include "server/store/store_error.h"
#include "tests/catch.h"

namespace tigress::relay {
namespace {

using Catch::Contains;

const char* const kSender = "6f1c2a44-0a55-4d0e-9a2f-3d1f5a6b7c8d";
const char* const kReceiver = "2b779f0e-9d6f-4a44-8a49-5f0b1c2d3e4f";
const char* const kStranger = "9a40c1d2-1b2c-4d3e-8f40-112233445566";

// A store that can be told to fail.
struct FailingStore : store::MemoryStore {
  void commit(const share::Change& change, store::CommitDone done) override {
    if (answer) return done(*answer);
    MemoryStore::commit(change, std::move(done));
  }
  std::optional<store::CommitResult> answer;
};

struct FrontOfThree : front::Front {
  std::uint16_t port() const override { return 1; }
  int connections() const override { return 3; }
  void serve(front::RequestHandler&) override {}
  void reloadCertificates() override {}
  void stop(std::chrono::milliseconds) override {}
};

struct Bench {
  Bench() {
    RelayParts parts;
    parts.rules.origin = "https://relay.example";
    auto failing = std::make_unique<FailingStore>();
    store = failing.get();
    parts.store = std::move(failing);
    parts.metrics = registry;
    relay = std::make_unique<Relay>(std::move(parts));
    admin = std::make_unique<Admin>(Admin::Parts{*relay, *registry, front, log});
  }

  Response ask(const std::string& target, const std::string& method = "GET") {
    return front::answerBlocking(*admin, {method, target, {}, ""});
  }
  Response claim(const std::string& path, const std::string& device, const std::string& body = "") {
    return front::answerBlocking(
        *relay, {"POST", path, {{"Host", "relay.example"}, {"Mailbox-Device-Claim", device}}, body});
  }

  std::vector<std::string> lines;
  Log log{LogLevel::error, LogFormat::text, [this](std::string_view line) { lines.emplace_back(line); }};
  FrontOfThree front;
  std::shared_ptr<metrics::Registry> registry = std::make_shared<metrics::Registry>();
  FailingStore* store = nullptr;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Admin> admin;
};

}  // namespace

TEST_CASE("a relay whose store takes changes is ready, and stays as it was") {
  Bench bench;
  CHECK(bench.ask("/readyz").status == 200);
  CHECK(bench.ask("/healthz").status == 200);
  CHECK(bench.store->usage().records == 0);
  CHECK(bench.lines.empty());
}

TEST_CASE("a relay whose store is full or broken is healthy, but not ready") {
  Bench bench;
  bench.store->answer = store::Commit::full;
  CHECK(bench.ask("/readyz").status == 503);
  CHECK(bench.lines.empty());
  bench.store->answer = std::make_exception_ptr(store::StoreError("the disk is gone"));
  const Response response = bench.ask("/readyz");
  CHECK(response.status == 503);
  CHECK_THAT(response.body, !Contains("disk"));
  REQUIRE(bench.lines.size() == 1);
  CHECK_THAT(bench.lines[0], Contains("not ready: the disk is gone"));
  CHECK(bench.ask("/healthz").status == 200);
  bench.store->answer.reset();
  CHECK(bench.ask("/readyz").status == 200);
}

TEST_CASE("the admin listener serves three paths, to be read only") {
  Bench bench;
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    INFO(path);
    CHECK(bench.ask(path).status == 200);
    CHECK(bench.ask(path + std::string("?x=y")).status == 200);
    CHECK(bench.ask(path, "HEAD").status == 200);
    const Response refused = bench.ask(path, "POST");
    CHECK(refused.status == 405);
    CHECK(refused.headers.get("Allow") == "GET, HEAD");
  }
  for (const char* path : {"/", "/v1/", "/metrics/", "*", ""}) CHECK(bench.ask(path).status == 404);
}

TEST_CASE("claims are counted when they are won and when they are refused") {
  Bench bench;
  const Response created =
      bench.claim("/v1/", kSender, R"({"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}})");
  REQUIRE(created.status == 201);
  const std::string path(created.headers.get("Location").substr(21));
  CHECK(bench.claim(path, kSender).status == 200);
  CHECK_THAT(bench.ask("/metrics").body, Contains("\ntigress_claims_won_total 0\n"));
  CHECK(bench.claim(path, kReceiver).status == 200);
  CHECK(bench.claim(path, kReceiver).status == 200);
  CHECK(bench.claim(path, kStranger).status == 401);
  CHECK(bench.claim(path, kStranger).status == 401);
  const Response figures = bench.ask("/metrics");
  CHECK(figures.headers.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(figures.body, Contains("\ntigress_claims_won_total 1\n"));
  CHECK_THAT(figures.body, Contains("\ntigress_claims_refused_total 2\n"));
  CHECK_THAT(figures.body, Contains("\ntigress_shares 1\n"));
  CHECK_THAT(figures.body, Contains("\ntigress_connections 3\n"));
}

}  // namespace tigress::relay
