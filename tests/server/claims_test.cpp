#include <atomic>
#include <thread>

#include "tests/server/devices.h"

namespace tigress::relay {
namespace {

const std::string kKey(32, 'k');

std::string verifier() {
  return R"("claimVerifier":")" + base64UrlEncode(sha256(kKey)) + '"';
}

TEST_CASE("the first device that posts to a claimed share is its receiver, and the only one") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const Phone stranger;
  const std::string path = share(bench, owner);

  const Response first = bench.send("POST", path, friendly.headers());
  CHECK(first.status == 200);
  CHECK(member(*&first, "payload").empty());
  CHECK(first.headers.get("Content-Type") == "application/json");
  CHECK(first.headers.has("ETag"));
  CHECK(bench.send("POST", path, stranger.headers()).status == 401);
  CHECK(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(bench.send("GET", path, friendly.headers()).body == first.body);
  CHECK(bench.send("GET", path, owner.headers()).body == first.body);
}

TEST_CASE("without a claim nobody claims, and the answer names the header") {
  RelayBench bench;
  const std::string path = share(bench, Phone());
  const Response missing = bench.send("POST", path);
  CHECK(missing.status == 400);
  CHECK(member(missing, "detail").find("Mailbox-Device-Claim") != std::string::npos);
  for (const char* name : {"Mailbox-Device-Claim", "Mailbox-Request-ID", "Mailbox-Claim-Proof"}) {
    const Response malformed = bench.send("POST", path, {{name, "banana"}});
    CHECK(malformed.status == 400);
    CHECK(member(malformed, "detail").find(name) != std::string::npos);
  }
  CHECK(bench.send("POST", path, Phone().headers()).status == 200);
}

TEST_CASE("strangers to a claimed share are refused with a challenge, whatever they do, and change nothing") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const Phone stranger;
  const std::string path = share(bench, owner);
  const bool claimed = GENERATE(false, true);
  if (claimed) REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  const auto record = bench.store().find(*Uuid::parse(path.substr(4, 36)));

  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "LOCK", "UNLOCK", "PROPPATCH"}) {
    for (const Headers& headers : {Headers(), stranger.headers()}) {
      Headers sent = headers;
      sent.add("Accept", "application/json");
      const Response response =
          bench.send(method, path, sent, std::string(method) == "PUT" ? payload("x") : "");
      CAPTURE(method, response.body);
      CHECK(response.status == 401);
      CHECK(response.headers.get("WWW-Authenticate") == "Mailbox-Device-Claim");
      CHECK(member(response, "type") ==
            (claimed ? "urn:tigress:problem:taken-by-another-device" : "about:blank"));
    }
  }
  CHECK(bench.store().find(record->id)->version == record->version);
}

TEST_CASE("a share with a verifier is claimed by who proves the key, and a wrong try burns nothing") {
  RelayBench bench;
  const Phone friendly;
  const std::string path = share(bench, Phone(), verifier());
  const auto post = [&](const Phone& phone, std::optional<std::string> key) {
    Headers headers = phone.headers();
    if (key) headers.add("Mailbox-Claim-Proof", base64UrlEncode(*key));
    return bench.send("POST", path, headers);
  };
  for (const auto& key : {std::optional<std::string>(), std::optional<std::string>(std::string(32, 'x'))}) {
    const Response refused = post(Phone(), key);
    CHECK(refused.status == 401);
    CHECK(member(refused, "type") == "urn:tigress:problem:claim-proof");
  }
  CHECK(post(friendly, kKey).status == 200);
  CHECK(post(friendly, std::nullopt).status == 200);  // bound is bound
  CHECK(post(Phone(), kKey).status == 401);
}

TEST_CASE("the preview of a claimed share is public, and reading it binds nobody") {
  RelayBench bench;
  const std::string path = share(bench, Phone());
  const auto record = bench.store().find(*Uuid::parse(path.substr(4, 36)));
  for (const char* method : {"GET", "HEAD"}) {
    const Response page = bench.send(method, path, {{"Accept", "text/html"}});
    CHECK(page.status == 200);
    CHECK(page.body.find("og:title") != std::string::npos);
  }
  CHECK(bench.send("PROPFIND", path, {{"Depth", "0"}}).status == 207);
  CHECK(bench.send("OPTIONS", path).status == 200);
  CHECK(bench.store().find(record->id)->version == record->version);
}

TEST_CASE("how a claimed share stands is everybody's, what was written is not") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = share(bench, owner);
  const std::string collection = path.substr(0, path.rfind('/') + 1);
  const auto statusFor = [&](const Headers& headers) {
    Headers sent = headers;
    sent.add("Accept", "application/json");
    const Response response = bench.send("GET", collection, sent);
    CHECK(response.status == 200);
    return response;
  };
  const std::string etag(bench.send("GET", path, owner.headers()).headers.get("ETag"));
  CHECK(member(statusFor(owner.headers()), "state") == "waiting");
  CHECK(member(statusFor(owner.headers()), "etag") == etag);
  CHECK(statusFor({}).body == R"({"state":"waiting","expiration":"2026-11-22T12:00:00Z"})");
  const std::string before(statusFor({}).headers.get("ETag"));

  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(member(statusFor(friendly.headers()), "state") == "claimed");
  const Response stranger = statusFor(Phone().headers());
  CHECK(member(stranger, "state") == "claimed");
  CHECK(member(stranger, "etag").empty());
  CHECK(stranger.headers.get("ETag") != before);

  REQUIRE(bench.send("PUT", path, friendly.headers(), payload("reply")).status == 204);
  CHECK(member(statusFor(owner.headers()), "etag") != etag);
  CHECK(statusFor({}).headers.get("ETag") == stranger.headers.get("ETag"));

  REQUIRE(bench.send("DELETE", path, friendly.headers()).status == 204);
  const Response gone = bench.send("GET", collection, owner.headers({{"Accept", "application/json"}}));
  CHECK(gone.status == 404);
  CHECK(member(gone, "state") == "completed");
}

TEST_CASE("accessRights say what a receiver may do; the sender may always read and end its share") {
  RelayBench bench;
  struct Row {
    std::string rights;
    int write;
    int remove;
  };
  const Row row =
      GENERATE(Row{"RWD", 204, 204}, Row{"RD", 401, 204}, Row{"RW", 204, 401}, Row{"R", 401, 401});
  CAPTURE(row.rights);
  const Phone owner;
  const Phone friendly;
  const std::string path = share(bench, owner, R"("accessRights":")" + row.rights + '"');
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(bench.send("PUT", path, friendly.headers(), payload("reply")).status == row.write);
  CHECK(bench.send("DELETE", path, friendly.headers()).status == row.remove);
  if (row.remove == 204) return;
  CHECK(bench.send("GET", path, owner.headers()).status == 200);
  CHECK(bench.send("DELETE", path, owner.headers()).status == 204);
}

TEST_CASE("both devices may close a claimed share without the lock's token; strangers do not see the token") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = share(bench, owner);
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  const Response locked =
      bench.send("LOCK", path, owner.headers(), formatLockInfo(LockScope::exclusive, "owner"));
  REQUIRE(locked.status == 200);
  const std::string token = lockTokensIn(locked.body).at(0);

  CHECK(bench.send("PROPFIND", path, {{"Depth", "0"}}).body.find(token) == std::string::npos);
  CHECK(bench.send("PROPFIND", path, friendly.headers({{"Depth", "0"}})).body.find(token) !=
        std::string::npos);
  CHECK(bench.send("PUT", path, friendly.headers(), payload("x")).status == 423);
  CHECK(bench.send("DELETE", path, (GENERATE(true, false) ? owner : friendly).headers()).status == 204);
}

TEST_CASE("strangers to a claimed share are not shown what changes with its content") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = share(bench, owner);
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  const std::string ask = formatPropfind({{std::string(kDavNamespace), "getetag"},
                                          {std::string(kDavNamespace), "getcontentlength"},
                                          {std::string(kDavNamespace), "getlastmodified"}});
  const auto shown = [&](const std::string& body, const Headers& headers) {
    const std::string answer = bench.send("PROPFIND", path, headers, body).body;
    int count = 0;
    for (const char* name : {"getetag", "getcontentlength", "getlastmodified"}) {
      count += davPropertyText(answer, name).value_or("").empty() ? 0 : 1;
    }
    return count;
  };
  for (const std::string& body : {ask, std::string()}) {
    CHECK(shown(body, owner.headers({{"Depth", "0"}})) == 3);
    CHECK(shown(body, friendly.headers({{"Depth", "0"}})) == 3);
    CHECK(shown(body, Phone().headers({{"Depth", "0"}})) == 0);
    CHECK(shown(body, {{"Depth", "0"}}) == 0);
  }
}

TEST_CASE("the sender, and nobody else, learns how its share stands and how it ended") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string path = share(bench, owner);
  const std::string ask = formatPropfind({{"urn:tigress:share", "state"}});
  const auto state = [&](const Phone& phone) {
    const std::string body = bench.send("PROPFIND", path, phone.headers({{"Depth", "0"}}), ask).body;
    return body.find(">claimed<") != std::string::npos   ? "claimed"
           : body.find(">waiting<") != std::string::npos ? "waiting"
                                                         : "";
  };
  CHECK(state(owner) == std::string("waiting"));
  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  CHECK(state(owner) == std::string("claimed"));
  CHECK(state(friendly) == std::string());

  const std::string how = GENERATE("completed", "cancelled", "expired");
  if (how == "completed") REQUIRE(bench.send("DELETE", path, friendly.headers()).status == 204);
  if (how == "cancelled") REQUIRE(bench.send("DELETE", path, owner.headers()).status == 204);
  if (how == "expired") {
    bench.wait(std::chrono::hours(24));
    if (GENERATE(true, false)) bench.relay().removeExpired(10);
  }
  const Response told = bench.send("GET", path, owner.headers());
  CHECK(told.status == 404);
  CHECK(member(told, "state") == how);
  for (const Headers& headers : {Headers(), friendly.headers(), Phone().headers()}) {
    const Response plain = bench.send("GET", path, headers);
    CHECK(plain.status == 404);
    CHECK(member(plain, "state").empty());
    CHECK(member(plain, "detail") == member(told, "detail"));
  }
  const auto tombstone = share::asOf(bench.store().find(*Uuid::parse(path.substr(4, 36))), bench.now());
  REQUIRE(tombstone);
  CHECK(tombstone->body.empty());
  CHECK_FALSE(tombstone->display.title);

  bench.wait(std::chrono::hours(24));
  CHECK(member(bench.send("GET", path, owner.headers()), "state").empty());
  bench.relay().removeExpired(10);
  CHECK_FALSE(bench.store().find(tombstone->id));
}

TEST_CASE("a request id is echoed, and its repeat is answered 201 and not done again") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string id = uuid();
  const auto create = [&] {
    return bench.send("POST", "/v1/", owner.headers({{"Mailbox-Request-ID", id}}), creation());
  };
  const Response made = create();
  const Response again = create();
  CHECK(made.headers.get("Mailbox-Request-ID") == id);
  CHECK(again.status == 201);
  CHECK(again.headers.get("Location") == made.headers.get("Location"));
  CHECK(again.headers.get("ETag") == made.headers.get("ETag"));
  const std::string path = pathIn(made.headers.get("Location"));

  REQUIRE(bench.send("POST", path, friendly.headers()).status == 200);
  const std::string etag(made.headers.get("ETag"));
  const Headers update = friendly.headers({{"Mailbox-Request-ID", uuid()}, {"If-Match", etag}});
  const Response written = bench.send("PUT", path, update, payload("reply"));
  CHECK(written.status == 204);
  const Response repeated = bench.send("PUT", path, update, payload("reply"));
  CHECK(repeated.status == 201);
  CHECK(repeated.headers.get("ETag") == written.headers.get("ETag"));

  const Headers removal = friendly.headers({{"Mailbox-Request-ID", uuid()}});
  CHECK(bench.send("DELETE", path, removal).status == 204);
  CHECK(bench.send("DELETE", path, removal).status == 201);
  CHECK(bench.send("DELETE", path, friendly.headers({{"Mailbox-Request-ID", uuid()}})).status == 404);
}

TEST_CASE("the creation of a share that has ended, sent again, makes nothing and says how it ended") {
  struct Row {
    std::chrono::hours tombstone;
    std::chrono::hours later;  // it is sent again
    std::string_view state;
  };
  const Row row = GENERATE(Row{std::chrono::hours(24), std::chrono::hours(0), "cancelled"},
                           Row{std::chrono::hours(0), std::chrono::hours(0), ""},
                           Row{std::chrono::hours(1), std::chrono::hours(2), ""});
  CAPTURE(row.tombstone.count());
  share::Rules rules;
  rules.lifetimes.tombstone = row.tombstone;
  RelayBench bench(rules);
  const std::string factory = GENERATE("/v1/", "/v1/m");
  const Phone owner;
  const Headers headers = owner.headers({{"Mailbox-Request-ID", uuid()}});
  const Response made = bench.send("POST", factory, headers, creation());
  const std::string path =
      pathIn(factory == "/v1/" ? std::string(made.headers.get("Location")) : member(made, "urlLink"));
  REQUIRE(bench.send("DELETE", path, owner.headers()).status < 300);
  bench.wait(row.later);
  if (GENERATE(true, false)) bench.relay().removeExpired(10);

  const Response again = bench.send("POST", factory, headers, creation());
  CHECK(again.status == 404);
  CHECK(member(again, "state") == row.state);
  CHECK_FALSE(again.headers.has("Location"));
  CHECK(bench.send("GET", path, owner.headers({{"Accept", "application/json"}})).status == 404);

  // Once the share would have expired, its creation is forgotten, and nothing at all is left.
  bench.wait(std::chrono::hours(25));
  for (int i = 0; i < 3; ++i) bench.relay().removeExpired(10);
  CHECK(bench.relay().readings().records == 0);
}

TEST_CASE("a LOCK sent again gives the token of the lock that it took") {
  RelayBench bench;
  const Phone owner;
  const std::string path = share(bench, owner);
  const std::string other = formatLockInfo(LockScope::shared, "other");
  const std::string info = formatLockInfo(LockScope::shared, "owner");
  const auto lock = [&](const Headers& headers, const std::string& body) {
    return bench.send("LOCK", path, headers, body);
  };
  const Headers headers = owner.headers({{"Mailbox-Request-ID", uuid()}});
  REQUIRE(lock(owner.headers(), other).status == 200);
  const Response taken = lock(headers, info);
  REQUIRE(taken.status == 200);
  const std::string token(taken.headers.get("Lock-Token"));
  const Response again = lock(headers, info);
  CHECK(again.status == 201);
  CHECK(again.headers.get("Lock-Token") == token);
  CHECK(again.body == taken.body);

  const Headers refresh = owner.headers({{"Mailbox-Request-ID", uuid()}, {"If", "(" + token + ")"}});
  REQUIRE(lock(refresh, {}).status == 200);
  const Response refreshed = lock(refresh, {});
  CHECK(refreshed.status == 201);
  CHECK(refreshed.body == taken.body);

  const Headers last = owner.headers({{"Mailbox-Request-ID", uuid()}, {"Timeout", "Second-60"}});
  REQUIRE(lock(last, formatLockInfo(LockScope::shared, "short")).status == 200);
  bench.wait(std::chrono::minutes(2));
  const Response late = lock(last, formatLockInfo(LockScope::shared, "short"));
  CHECK(late.status == 201);
  CHECK_FALSE(late.headers.has("Lock-Token"));
}

TEST_CASE("every answer names the request it belongs to") {
  RelayBench bench;
  const std::string path = share(bench, Phone());
  struct Row {
    const char* method;
    std::string target;
    Headers headers;
    int status;
  };
  const Row rows[] = {
      {"GET", path, {{"Accept", "text/html"}}, 200},
      {"OPTIONS", path, {}, 200},
      {"GET", path, {{"Accept", "application/json"}}, 401},
      {"GET", path, {{"Accept", "application/json"}, {"Mailbox-Device-Claim", "banana"}}, 400},
      {"POST", "/v1/banana/", {}, 404},
      {"COPY", path, {}, 405},
      {"GET", "/v1/m", {}, 405},
      {"BREW", path, {}, 501},
      {"GET", "/v1/%", {}, 400}};
  for (const Row& row : rows) {
    CAPTURE(row.method, row.target);
    const std::string id = uuid();
    Headers headers = row.headers;
    headers.add("Mailbox-Request-ID", id);
    const Response response = bench.send(row.method, row.target, headers);
    CHECK(response.status == row.status);
    CHECK(response.headers.get("Mailbox-Request-ID") == id);
  }
}

TEST_CASE("another device's request id repeats nothing") {
  RelayBench bench;
  const std::string id = uuid();
  const Response one = bench.send("POST", "/v1/", Phone().headers({{"Mailbox-Request-ID", id}}), creation());
  const Response two = bench.send("POST", "/v1/", Phone().headers({{"Mailbox-Request-ID", id}}), creation());
  CHECK(one.headers.get("Location") != two.headers.get("Location"));
}

TEST_CASE("the store holds no claim, proof or request id, only hashes") {
  RelayBench bench;
  const Phone owner;
  const Phone friendly;
  const std::string id = uuid();
  const Response made =
      bench.send("POST", "/v1/", owner.headers({{"Mailbox-Request-ID", id}}), creation(verifier()));
  const std::string path = pathIn(made.headers.get("Location"));
  Headers headers = friendly.headers();
  headers.add("Mailbox-Claim-Proof", base64UrlEncode(kKey));
  REQUIRE(bench.send("POST", path, headers).status == 200);
  const auto record = bench.store().find(*Uuid::parse(path.substr(4, 36)));
  const share::Claims& claims = *record->claims;
  CHECK(claims.sender.claim == sha256(Uuid::parse(owner.claim)->bytes()));
  CHECK(claims.receiver.claim == sha256(Uuid::parse(friendly.claim)->bytes()));
  CHECK(claims.sender.lastRequest == sha256(Uuid::parse(id)->bytes()));
  CHECK(claims.verifier == sha256(kKey));
}

TEST_CASE("a creation whose claim rules are malformed is refused with the member named") {
  RelayBench bench;
  const auto refused = [&](const std::string& configuration, const Headers& headers) {
    const Response response = bench.send("POST", "/v1/", headers, creation(configuration));
    CHECK(response.status == 422);
    return member(response, "detail");
  };
  const Headers claimed = Phone().headers();
  CHECK(refused(R"("accessRights":"RX")", claimed).find("accessRights") != std::string::npos);
  CHECK(refused(R"("accessRights":"")", claimed).find("accessRights") != std::string::npos);
  CHECK(refused(R"("accessRights":"RR")", claimed).find("accessRights") != std::string::npos);
  CHECK(refused(R"("claimVerifier":"AAAA")", claimed).find("claimVerifier") != std::string::npos);
  CHECK(refused(R"("accessRights":"RD")", {}).find("Mailbox-Device-Claim") != std::string::npos);
}

// Many devices at once, over and over: one winner, always, who stays the winner.
void race(RelayBench& bench, int rounds, int readers) {
  const Phone owner;
  std::vector<Phone> phones(static_cast<std::size_t>(readers));
  std::vector<std::string> paths;
  for (int round = 0; round < rounds; ++round) paths.push_back(share(bench, owner));
  std::vector<std::atomic<int>> winners(static_cast<std::size_t>(rounds));
  std::vector<std::atomic<int>> losers(static_cast<std::size_t>(rounds));
  std::vector<std::thread> threads;
  for (const Phone& phone : phones) {
    threads.emplace_back([&] {
      for (std::size_t round = 0; round < paths.size(); ++round) {
        const int status = bench.send("POST", paths[round], phone.headers()).status;
        if (status == 200) ++winners[round];
        if (status == 401) ++losers[round];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int good = 0;
  for (std::size_t round = 0; round < paths.size(); ++round) {
    good += winners[round] == 1 && losers[round] == readers - 1 ? 1 : 0;
  }
  CHECK(good == rounds);
  for (const std::string& path : {paths.front(), paths.back()}) {
    int bound = 0;
    for (const Phone& phone : phones)
      bound += bench.send("POST", path, phone.headers()).status == 200 ? 1 : 0;
    CHECK(bound == 1);
  }
}

TEST_CASE("of 64 parallel first readers exactly one is bound, in each of 1,000 rounds") {
  SECTION("in memory") {
    RelayBench bench;
    race(bench, 1000, 64);
  }
  SECTION("in SQLite") {
    const auto folder = std::filesystem::temp_directory_path() / ("tigress-" + uuid());
    std::filesystem::create_directory(folder);
    {
      RelayBench bench(store::openStore({store::StoreUrl::Backend::sqlite, (folder / "race.db").string()},
                                        store::Durability::os));
      race(bench, 1000, 64);
    }
    std::filesystem::remove_all(folder);
  }
}

}  // namespace
}  // namespace tigress::relay
