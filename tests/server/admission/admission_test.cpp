#include "server/admission/admission.h"

#include <string>

#include "common/base64.h"
#include "server/digest.h"
#include "tests/catch.h"
#include "tests/server/admission/test_device.h"
#include "tigress/json.h"

namespace tigress::admission {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Moment kStart = Moment(hours(1000));
constexpr const char* kShare = "/v1/570506ed-38f0-4d45-8494-548c83abc00c/";
constexpr const char* kDocument = "/v1/570506ed-38f0-4d45-8494-548c83abc00c/share.json";
constexpr const char* kMailbox = "/v1/m/570506ed-38f0-4d45-8494-548c83abc00c";
const Headers kClaim = {{"Mailbox-Device-Claim", "570506ed-38f0-4d45-8494-548c83abc00d"}};

// No hash at all, but as long as one.
std::string fakeDigest(std::string_view bytes) {
  std::string digest(bytes.substr(0, 32));
  digest.resize(32);
  return digest;
}

Budgets budgetsOf(std::uint32_t requests) {
  Budgets budgets;
  budgets.fill({requests, hours(1)});
  return budgets;
}

// An admission, and a client that is answered `status` by the dialects behind it.
struct Gate {
  explicit Gate(Budgets budgets = budgetsOf(1), StorageLimits storage = {})
      : Gate(AdmissionSettings{true, budgets, 1024, {}, storage, CreatePolicy::open}) {}
  explicit Gate(const AdmissionSettings& settings)
      : admission(settings, {fakeDigest, systemRandom, [this] { return use; }, [this] { return tokens; }},
                  kStart) {}

  Response send(const std::string& method, const std::string& target, int status, const Headers& headers = {},
                const char* client = "192.0.2.1") {
    const Request request{method, target, headers, "", 1};
    const share::Target parsed = share::parseTarget(target);
    const Visit visit{request, parsed, IpAddress::parse(client).value(), kStart};
    if (auto refused = admission.refuse(visit)) return *refused;
    Response answer;
    answer.status = status;
    admission.charge(visit, answer);
    return answer;
  }

  StorageUse use;
  std::shared_ptr<const BearerTokens> tokens = std::make_shared<const BearerTokens>();
  Admission admission;
};

}  // namespace

TEST_CASE("every way of making a share spends from the same budget") {
  struct Way {
    const char* method;
    const char* target;
  };
  const Way ways[] = {{"POST", "/v1/"},          {"POST", "/v1/m"},
                      {"POST", "/v1"},           {"PUT", "/v1/new/share.json"},
                      {"PUT", "/v1/share.json"}, {"MKCOL", kShare}};
  for (const Way& way : ways) {
    for (const Way& other : ways) {
      INFO(way.method << ' ' << way.target << ", then " << other.method << ' ' << other.target);
      Gate gate;
      CHECK(gate.send(way.method, way.target, 201).status == 201);
      CHECK(gate.send(other.method, other.target, 201).status == 429);
      CHECK(gate.send("GET", kDocument, 200).status == 200);
    }
  }
}

TEST_CASE("a request that fails to make a share spends from that budget, too") {
  Gate gate;
  CHECK(gate.send("POST", "/v1/", 422).status == 422);
  CHECK(gate.send("POST", "/v1/", 201).status == 429);
}

TEST_CASE("reads and changes of shares have budgets of their own") {
  for (const char* target : {kShare, kDocument, kMailbox}) {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "PROPFIND"}) {
      INFO(method << ' ' << target);
      Gate gate;
      CHECK(gate.send(method, target, 200).status == 200);
      CHECK(gate.send("GET", kDocument, 200).status == 429);
      CHECK(gate.send("PUT", kDocument, 204).status == 204);
    }
    for (const char* method : {"PUT", "LOCK", "UNLOCK", "DELETE", "PROPPATCH", "PATCH"}) {
      INFO(method << ' ' << target);
      Gate gate;
      CHECK(gate.send(method, target, 200).status == 200);
      CHECK(gate.send("PUT", kDocument, 204).status == 429);
      CHECK(gate.send("GET", kDocument, 200).status == 200);
    }
  }
  Gate gate;
  CHECK(gate.send("POST", kDocument, 200).status == 200);  // claims and reads
  CHECK(gate.send("POST", kMailbox, 200).status == 429);
}

TEST_CASE("a PROPFIND outside shares spends from the budget of reads") {
  for (const char* target : {"/", "/v1/"}) {
    Gate gate;
    CHECK(gate.send("PROPFIND", target, 207).status == 207);
    CHECK(gate.send("PROPFIND", target, 207).status == 429);
    CHECK(gate.send("GET", "/", 200).status == 200);
  }
}

TEST_CASE("each prefix of a link, fetched while it is typed, leaves the link its budget") {
  const std::string link = kDocument;
  Budgets budgets = budgetsOf(1);
  budgets[static_cast<std::size_t>(Spending::reads)] = {
      3, hours(1)};  // with and without its slash, and the link
  budgets[static_cast<std::size_t>(Spending::misses)] = {10, hours(1)};  // "…/s" to "…/share.jso"
  Gate gate(budgets);
  for (std::size_t length = 1; length < link.size(); ++length) {
    const std::string prefix = link.substr(0, length);
    const int status = share::parseTarget(prefix).kind == share::Target::Kind::collection ? 200 : 404;
    INFO(prefix);
    CHECK(gate.send("GET", prefix, status).status == status);
  }
  CHECK(gate.send("GET", link, 200).status == 200);
  CHECK(gate.send("GET", link, 200).status == 429);
}

TEST_CASE("identifiers that are none of ours do not spend what reading needs") {
  Budgets budgets = budgetsOf(1);
  budgets[static_cast<std::size_t>(Spending::misses)] = {100, hours(1)};
  Gate gate(budgets);
  for (int i = 0; i < 100; ++i) CHECK(gate.send("GET", kDocument, 404).status == 404);
  CHECK(gate.send("GET", kDocument, 404).status == 429);  // but not for ever
  Gate other(budgets);
  for (int i = 0; i < 99; ++i) CHECK(other.send("GET", kDocument, 404).status == 404);
  CHECK(other.send("GET", kDocument, 200).status == 200);
}

TEST_CASE("wrong claims spend a budget that closes the door before the next guess is looked at") {
  Budgets budgets = budgetsOf(100);
  budgets[static_cast<std::size_t>(Spending::wrongClaims)] = {2, hours(1)};
  Gate gate(budgets);
  CHECK(gate.send("POST", kDocument, 401, kClaim).status == 401);
  CHECK(gate.send("DELETE", kMailbox, 401, {{"Authorization", "Bearer x"}}).status == 401);
  CHECK(gate.send("POST", kDocument, 200, kClaim).status == 429);
  CHECK(gate.send("PUT", kDocument, 204, kClaim).status == 429);
  CHECK(gate.send("GET", kDocument, 200).status == 200);  // who guesses nothing is let in
  CHECK(gate.send("POST", "/v1/", 201, kClaim).status == 201);
}

TEST_CASE("a 401 to a request that brought no credentials is no wrong claim") {
  Gate gate;
  CHECK(gate.send("GET", kDocument, 401).status == 401);
  CHECK(gate.send("PUT", kDocument, 204, kClaim).status == 204);
}

TEST_CASE("pages and files are free") {
  Gate gate;
  for (const char* target :
       {"/", "/v1/", "/favicon.ico", "/.well-known/x", "/v1/nonsense", "nonsense", "/%"}) {
    INFO(target);
    for (int i = 0; i < 10; ++i) CHECK(gate.send("GET", target, 404).status == 404);
  }
}

TEST_CASE("a refusal says when to come back, and which budget it was") {
  Gate gate;
  gate.send("POST", "/v1/", 201);
  const Response refusal = gate.send("POST", "/v1/", 201);
  CHECK(refusal.status == 429);
  CHECK(refusal.headers.get("Retry-After") == "3600");
  CHECK(refusal.headers.get("RateLimit-Policy") == "\"creates\";q=1;w=3600");
  CHECK(refusal.headers.get("RateLimit") == "\"creates\";r=0;t=3600");
  CHECK(refusal.headers.get("Content-Type") == "application/problem+json");
  const auto problem = Json::parse(refusal.body);
  REQUIRE(problem);
  CHECK(*problem->findString("title") == "Too Many Requests");
  CHECK_THAT(*problem->findString("detail"), Catch::Contains("3600 s"));
}

TEST_CASE("limits are for each client network, behind proxies too") {
  Gate gate;
  CHECK(gate.send("GET", kDocument, 200).status == 200);
  CHECK(gate.send("GET", kDocument, 200, {}, "192.0.2.200").status == 429);
  CHECK(gate.send("GET", kDocument, 200, {}, "192.0.3.1").status == 200);
  CHECK(gate.send("GET", kDocument, 200, {}, "2001:db8::1").status == 200);
}

TEST_CASE("without rate limits nobody is refused") {
  Admission admission({}, {fakeDigest, systemRandom}, kStart);
  const Request request{"POST", "/v1/", {}, "", 1};
  const share::Target target = share::parseTarget("/v1/");
  const Visit visit{request, target, {}, kStart};
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(admission.refuse(visit));
    admission.charge(visit, {});
  }
}

TEST_CASE("where shares are made by token, every way of making one wants it, and nothing else does") {
  AdmissionSettings settings;
  settings.createPolicy = CreatePolicy::token;
  Gate gate(settings);
  BearerTokens tokens(2);
  tokens[0] = {"one", fakeDigest("first"), {}};
  tokens[1] = {"two", fakeDigest("second"), {}};
  gate.tokens = std::make_shared<const BearerTokens>(tokens);
  const std::pair<const char*, const char*> ways[] = {{"POST", "/v1/"},
                                                      {"POST", "/v1/m"},
                                                      {"PUT", "/v1/new/share.json"},
                                                      {"PUT", "/v1/share.json"},
                                                      {"MKCOL", kShare}};
  for (const auto& [method, target] : ways) {
    INFO(method << ' ' << target);
    const Response without = gate.send(method, target, 201);
    CHECK(without.status == 401);
    CHECK(without.headers.count("WWW-Authenticate") == 1);
    CHECK(without.headers.get("WWW-Authenticate") == "Bearer realm=\"create\"");
    CHECK(without.headers.get("Content-Type") == "application/problem+json");
    const Response wrong = gate.send(method, target, 201, {{"Authorization", "Bearer third"}});
    CHECK(wrong.status == 401);
    CHECK(wrong.headers.get("WWW-Authenticate") == "Bearer realm=\"create\", error=\"invalid_token\"");
    CHECK_THAT(wrong.body, !Catch::Contains("third"));
    for (const char* token : {"Bearer first", "bearer  second"}) {
      CHECK(gate.send(method, target, 201, {{"Authorization", token}}).status == 201);
    }
  }
  for (const char* method : {"GET", "PUT", "POST", "DELETE", "LOCK"}) {
    CHECK(gate.send(method, kDocument, 200).status == 200);
    CHECK(gate.send(method, kMailbox, 200).status == 200);
  }
}

TEST_CASE("tokens are those of the moment") {
  AdmissionSettings settings;
  settings.createPolicy = CreatePolicy::token;
  Gate gate(settings);
  const Headers headers = {{"Authorization", "Bearer first"}};
  CHECK(gate.send("POST", "/v1/", 201, headers).status == 401);
  BearerTokens tokens(1);
  tokens[0].digest = fakeDigest("first");
  gate.tokens = std::make_shared<const BearerTokens>(tokens);
  CHECK(gate.send("POST", "/v1/", 201, headers).status == 201);
}

TEST_CASE("asking without a token, or with a wrong one, spends the budget for making shares") {
  for (const Headers& headers : {Headers(), Headers({{"Authorization", "Bearer x"}})}) {
    Gate gate(AdmissionSettings{true, budgetsOf(1), 1024, {}, {}, CreatePolicy::token});
    CHECK(gate.send("POST", "/v1/", 201, headers).status == 401);
    CHECK(gate.send("POST", "/v1/", 201, headers).status == 429);
  }
}

TEST_CASE("where shares are made by attested devices, a POST brings the attestation of that very request") {
  const TestAuthority authority;
  AdmissionSettings settings;
  settings.createPolicy = CreatePolicy::attested;
  settings.attestation.anchors[static_cast<std::size_t>(AttestationFormat::packed)] =
      *TrustAnchors::fromPem(authority.rootPem());
  settings.attestation.relyingParties = {"relay.example"};
  settings.host = "relay.example";
  Admission admission(settings, {relay::sha256, systemRandom, [] { return StorageUse(); }, {}, systemNow},
                      kStart);
  const auto refusal = [&](const Request& request, bool whole = true) {
    const share::Target target = share::parseTarget(request.target);
    const Visit visit{request, target, {}, kStart, whole};
    auto refused = admission.refuse(visit);
    return refused || !admission.mustVerify(visit) ? refused : admission.verify(visit);
  };
  for (const char* target : {"/v1/", "/v1/m"}) {
    INFO(target);
    Request request{"POST", target, {{"Mailbox-Device-Claim", "a"}, {"Mailbox-Request-ID", "b"}}, "body"};
    const auto without = refusal(request);
    REQUIRE(without);
    CHECK(without->status == 401);
    CHECK(without->headers.get("WWW-Authenticate") == "Mailbox-Device-Attestation");
    CHECK(without->headers.count("WWW-Authenticate") == 1);
    CHECK(refusal(request, false));

    TestAttestation device;
    device.clientDataHash = relay::sha256(attestationChallenge(request, "relay.example", relay::sha256));
    request.headers.add("Mailbox-Device-Attestation", "native ." + base64UrlEncode(device.packed(authority)));
    CHECK_FALSE(refusal(request));

    Request other = request;
    other.body = "bodx";
    const auto wrong = refusal(other);
    REQUIRE(wrong);
    CHECK(wrong->status == 401);
    CHECK_THAT(wrong->body,
               Catch::Contains("signature") && Catch::Contains("urn:tigress:problem:create-policy"));
    CHECK_FALSE(refusal(other, false));  // whether it fits, the body will show
    other = request;
    other.headers.remove("Mailbox-Request-ID");
    CHECK_THAT(refusal(other, false)->body, Catch::Contains("Mailbox-Request-ID"));
  }
  for (const auto& [method, target] : {std::pair("PUT", "/v1/new/share.json"),
                                       std::pair("PUT", "/v1/share.json"), std::pair("MKCOL", kShare)}) {
    INFO(method << ' ' << target);
    CHECK(refusal({method, target, {}, ""})->status == 403);
  }
  for (const char* method : {"GET", "PUT", "POST", "DELETE", "LOCK"})
    CHECK_FALSE(refusal({method, kDocument, {}, ""}));
}

TEST_CASE("a full store takes nothing new, and still gives and forgets") {
  struct Row {
    StorageLimits limits;
    StorageUse fits;
    StorageUse full;
  };
  const Row rows[] = {
      {{10, UINT64_MAX, 0}, {9, 0, 0}, {10, 0, 0}},
      {{UINT64_MAX, 1000, 0}, {0, 999, 0}, {0, 1000, 0}},
      {{UINT64_MAX, UINT64_MAX, 500}, {0, 0, 500}, {0, 0, 499}},
  };
  for (const Row& row : rows) {
    Gate gate(budgetsOf(1000), row.limits);
    gate.use = row.fits;
    CHECK(gate.send("POST", "/v1/", 201).status == 201);
    CHECK(gate.send("PUT", kDocument, 204).status == 204);
    gate.use = row.full;
    const Response refusal = gate.send("POST", "/v1/", 201);
    CHECK(refusal.status == 507);
    CHECK_THAT(refusal.body, Catch::Contains("sufficient-disk-space"));
    CHECK(gate.send("POST", "/v1/m", 200).status == 507);
    CHECK(gate.send("PUT", "/v1/new/share.json", 307).status == 507);
    CHECK(gate.send("PUT", kDocument, 204).status == 507);
    CHECK(gate.send("PUT", kMailbox, 200).status == 507);
    CHECK(gate.send("GET", kDocument, 200).status == 200);
    CHECK(gate.send("POST", kDocument, 200).status == 200);
    CHECK(gate.send("LOCK", kDocument, 200).status == 200);
    CHECK(gate.send("DELETE", kDocument, 204).status == 204);
  }
}

}  // namespace tigress::admission
