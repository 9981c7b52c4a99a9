#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "server/front/blocking_answer.h"
#include "server/relay.h"
#include "server/store/sqlite_store.h"
#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::relay {
namespace {

constexpr int kThreads = 64;
constexpr const char* kLockBody =
    R"(<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>)";

std::string document(int thread, int step) {
  return R"({"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"},"by":")" + std::to_string(thread) + "." +
         std::to_string(step) + "\"}";
}

// Everything at once on one share, through the relay and a store that is flushed by its own thread.
void workOnOneShare(int steps) {
  const store::TemporaryFolder folder;
  RelayParts parts;
  parts.rules.origin = "https://relay.example";
  parts.store = std::make_unique<store::SqliteStore>(folder / "db", store::Durability::os);
  Relay relay(std::move(parts));
  const auto ask = [&](const std::string& method, const std::string& target, Headers headers = {},
                       const std::string& body = "") {
    Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.headers.add("Host", "relay.example");
    request.body = body;
    return front::answerBlocking(relay, std::move(request));
  };
  const Response created = ask("POST", "/v1/", {}, document(-1, 0));
  REQUIRE(created.status == 201);
  const std::string path =
      std::string(created.headers.get("Location")).substr(std::string("https://relay.example").size());

  std::mutex mutex;
  std::set<std::string> replaced;  // tags under which somebody wrote
  std::atomic<int> twice{0};       // tags under which two did
  std::atomic<int> writes{0};
  std::atomic<int> holders{0};  // of the exclusive lock
  std::atomic<int> crowded{0};  // times when there were two
  std::atomic<int> strange{0};  // answers that nothing explains
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int step = 0; step < steps; ++step) {
        const Response seen = ask("GET", path);
        const std::string tag(seen.headers.get("ETag"));
        if (seen.status != 200) ++strange;
        if ((thread + step) % 4 != 0) {
          const int status = ask("PUT", path, {{"If-Match", tag}}, document(thread, step)).status;
          if (status != 204 && status != 412 && status != 423) ++strange;
          if (status != 204) continue;
          ++writes;
          const std::lock_guard<std::mutex> guard(mutex);
          if (!replaced.insert(tag).second) ++twice;
          continue;
        }
        const Response lock = ask("LOCK", path, {}, kLockBody);
        if (lock.status != 200) {
          if (lock.status != 423) ++strange;
          continue;
        }
        if (++holders != 1) ++crowded;
        const std::string token(lock.headers.get("Lock-Token"));
        if (ask("PUT", path, {{"If", "(" + token + ")"}}, document(thread, step)).status != 204) ++strange;
        --holders;
        if (ask("UNLOCK", path, {{"Lock-Token", token}}).status != 204) ++strange;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(twice == 0);
  CHECK(crowded == 0);
  CHECK(strange == 0);
  CHECK(writes > 0);
  CHECK(ask("GET", path).status == 200);
}

}  // namespace

TEST_CASE("64 threads on one share: of those who saw one version one writes, and one holds the lock") {
  workOnOneShare(10);
}

TEST_CASE("64 threads on one share, for long", "[.long]") {
  workOnOneShare(1000);
}

}  // namespace tigress::relay
