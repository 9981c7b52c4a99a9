#pragma once

#include <filesystem>
#include <random>
#include <string>

#include "common/base64.h"
#include "server/digest.h"
#include "server/front/blocking_answer.h"
#include "server/relay.h"
#include "server/store/open_store.h"
#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::relay {

/// A relay in this process, with a clock that stands still until it is moved.
class RelayBench {
 public:
  explicit RelayBench(std::unique_ptr<store::ShareStore> store =
                          store::openStore({store::StoreUrl::Backend::memory, {}}, store::Durability::full),
                      share::Rules rules = {})
      : store_(store.get()), relay_(parts(std::move(store), std::move(rules), now_)) {}
  explicit RelayBench(share::Rules rules)
      : RelayBench(store::openStore({store::StoreUrl::Backend::memory, {}}, store::Durability::full),
                   std::move(rules)) {}

  Response send(const std::string& method, const std::string& target, Headers headers = {},
                std::string body = {}) {
    headers.add("Host", "relay.example");
    return front::answerBlocking(relay_, {method, target, std::move(headers), std::move(body)});
  }
  void wait(std::chrono::milliseconds time) { now_ += time; }
  Relay& relay() { return relay_; }
  const store::ShareStore& store() const { return *store_; }
  TimePoint now() const { return now_; }

 private:
  static RelayParts parts(std::unique_ptr<store::ShareStore> store, share::Rules rules,
                          const TimePoint& now) {
    RelayParts parts;
    parts.rules = std::move(rules);
    parts.rules.origin = "https://relay.example";
    parts.store = std::move(store);
    parts.clock = [&now] { return now; };
    return parts;
  }

  TimePoint now_ = *parseRfc3339("2026-11-21T12:00:00Z");
  store::ShareStore* store_;
  Relay relay_;
};

inline std::string uuid() {
  return Uuid::random(systemRandom).toString();
}

inline std::string payload(const std::string& text) {
  return R"({"payload":{"type":"AEAD_AES_256_GCM","data":")" + base64Encode(text) + R"("}})";
}

/// What a creation sends; `configuration` stands inside mailboxConfiguration.
inline std::string creation(const std::string& configuration = {}) {
  return R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"displayInformation":{"title":"Key"},)"
         R"("mailboxConfiguration":{)" +
         configuration + "}}";
}

/// One phone: its claim goes with every request.
struct Phone {
  std::string claim = uuid();

  Headers headers(Headers more = {}) const {
    more.add("Mailbox-Device-Claim", claim);
    return more;
  }
};

/// The path of a URL of the bench.
inline std::string pathIn(std::string_view url) {
  constexpr std::string_view kOrigin = "https://relay.example";
  REQUIRE(url.substr(0, kOrigin.size()) == kOrigin);
  return std::string(url.substr(kOrigin.size()));
}

/// Makes a claimed share in the WebDAV dialect; gives its document's path.
inline std::string share(RelayBench& bench, const Phone& phone, const std::string& configuration = {}) {
  const Response response = bench.send("POST", "/v1/", phone.headers(), creation(configuration));
  REQUIRE(response.status == 201);
  return pathIn(response.headers.get("Location"));
}

/// The string member of a JSON body, or empty.
inline std::string member(const Response& response, std::string_view name) {
  const auto json = Json::parse(response.body);
  const std::string* text = json ? json->findString(name) : nullptr;
  return text ? *text : std::string();
}

}  // namespace tigress::relay
