#include <mutex>
#include <set>
#include <thread>

#include "common/base64.h"
#include "server/front/blocking_answer.h"
#include "server/relay.h"
#include "server/store/memory_store.h"
#include "tests/catch.h"
#include "tests/server/admission/test_device.h"

namespace tigress::relay {
namespace {

constexpr auto kPacked = static_cast<std::size_t>(admission::AttestationFormat::packed);

// A relay that asks for attestations, and the threads that looked at a clock: who checks certificates does.
struct AttestedRelay {
  explicit AttestedRelay(std::uint32_t creates = 1000) {
    RelayParts parts;
    parts.rules.origin = "https://relay.example";
    parts.store = std::make_unique<store::MemoryStore>();
    parts.admission.createPolicy = admission::CreatePolicy::attested;
    parts.admission.attestation.anchors[kPacked] = *admission::TrustAnchors::fromPem(authority.rootPem());
    parts.admission.attestation.relyingParties = {"relay.example"};
    parts.admission.host = "relay.example";
    parts.admission.rateLimits = true;
    parts.admission.budgets.fill({1000, std::chrono::hours(1)});
    parts.admission.budgets[static_cast<std::size_t>(admission::Spending::creates)].requests = creates;
    parts.clock = [this] {
      const std::lock_guard<std::mutex> guard(mutex);
      clockReaders.insert(std::this_thread::get_id());
      return systemNow();
    };
    relay.emplace(std::move(parts));
  }

  Request attested(const std::string& id) const {
    Request request{"POST",
                    "/v1/",
                    {{"Mailbox-Device-Claim", "570506ed-38f0-4d45-8494-548c83abc00c"},
                     {"Mailbox-Request-ID", "570506ed-38f0-4d45-8494-548c83abc0" + id}},
                    R"({"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}})"};
    admission::TestAttestation device;
    device.clientDataHash =
        relay::sha256(admission::attestationChallenge(request, "relay.example", relay::sha256));
    request.headers.add("Mailbox-Device-Attestation", "native ." + base64UrlEncode(device.packed(authority)));
    return request;
  }
  int ask(const Request& request) { return front::answerBlocking(*relay, request).status; }

  admission::TestAuthority authority;
  std::mutex mutex;
  std::set<std::thread::id> clockReaders;
  std::optional<Relay> relay;
};

}  // namespace

TEST_CASE("an attestation is looked at by no thread that serves, and its request goes on where it was") {
  AttestedRelay running;
  Request changed = running.attested("01");
  changed.body.insert(1, " ");
  CHECK(running.ask(changed) == 401);
  REQUIRE(running.clockReaders.size() == 1);
  const auto checker = *running.clockReaders.begin();
  CHECK(checker != std::this_thread::get_id());
  running.clockReaders.clear();
  CHECK(running.ask(running.attested("02")) == 201);
  CHECK(running.clockReaders == std::set<std::thread::id>{checker, std::this_thread::get_id()});
}

TEST_CASE("an attestation that does not hold spends the budget for making shares") {
  AttestedRelay running(2);
  Request changed = running.attested("01");
  changed.body.insert(1, " ");
  CHECK(running.ask(changed) == 401);
  CHECK(running.ask(running.attested("02")) == 201);
  CHECK(running.ask(running.attested("03")) == 429);
}

TEST_CASE("attestations that come at once are all looked at") {
  AttestedRelay running;
  std::vector<Request> requests;
  for (int i = 0; i < 8; ++i) requests.push_back(running.attested("1" + std::to_string(i)));
  requests[3].body.insert(1, " ");
  std::vector<int> statuses(requests.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < requests.size(); ++i)
    threads.emplace_back([&, i] { statuses[i] = running.ask(requests[i]); });
  for (std::thread& thread : threads) thread.join();
  CHECK(statuses == std::vector<int>{201, 201, 201, 401, 201, 201, 201, 201});
}

}  // namespace tigress::relay
