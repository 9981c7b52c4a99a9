#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/text.h"
#include "server/dav/handler.h"
#include "tests/catch.h"

namespace tigress::dav {

/// The URLs of a share and of a name beside its document.
struct Place {
  std::string collection;
  std::string document;
  std::string sibling;

  static Place of(const std::string& collection) {
    return {collection, collection + "share.json", collection + "other.json"};
  }
};

/// A tag nobody has.
inline constexpr char kNope[] = "\"nope\"";
inline constexpr char kForeignToken[] = "urn:uuid:00000000-0000-4000-8000-000000000000";
inline constexpr char kUnknownShare[] = "/v1/5f3b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/";

/// A share.json of which every number makes another one of the same length (up to 999).
inline std::string documentBody(int number) {
  std::string digits = std::to_string(1000 + number).substr(1);
  return R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"number":")" + digits + "\"}";
}

inline std::string lockInfo(const std::string& scope = "exclusive", const std::string& owner = {}) {
  return R"(<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:)" + scope +
         "/></D:lockscope><D:locktype><D:write/></D:locktype>" + owner + "</D:lockinfo>";
}

/// `(<token>)`
inline std::string listOf(const std::string& token) {
  return "(<" + token + ">)";
}

/// `([etag])`
inline std::string tagListOf(const std::string& etag) {
  return "([" + etag + "])";
}

/// The token of a Lock-Token header, without its brackets; empty if there is none.
inline std::string tokenOf(const Response& response) {
  const std::string field(response.headers.get("Lock-Token"));
  return field.size() < 2 ? std::string() : field.substr(1, field.size() - 2);
}

/// What a body with that precondition must hold.
inline std::string davError(const std::string& condition, const std::string& href = {}) {
  const std::string begin = "<D:error xmlns:D=\"DAV:\"><D:" + condition;
  if (href.empty()) return begin;
  return begin + "><D:href>" + href + "</D:href></D:" + condition + "></D:error>";
}

/// The dialect without a relay around it: records in a map, a clock that stands still until it is moved, and
/// randomness that repeats.
class DavBench : public share::ShareReader {
 public:
  explicit DavBench(share::Identifiers identifiers = share::Identifiers::server) {
    rules.origin = "https://relay.example";
    rules.identifiers = identifiers;
  }

  share::Rules rules;
  TimePoint now = *parseRfc3339("2026-11-21T12:00:00Z");
  const share::PushTypes* push = &share::kNoPush;

  share::SharePointer find(const Uuid& id) const override {
    const auto found = records_.find(id);
    return found == records_.end() ? nullptr : found->second;
  }

  /// The outcome, without what follows from it.
  share::Outcome ask(const Request& request) const {
    const share::Target target = share::parseTarget(request.target);
    share::Outcome outcome =
        answer({rules, random_, sha256_, *this, *push}, target, liveShare(target), request, now);
    if (outcome.change) share::takePlaceOfExpired(*outcome.change, find(target.id), now);
    return outcome;
  }

  std::optional<share::Outcome> askHead(const Request& head) const {
    const share::Target target = share::parseTarget(head.target);
    return answerToHead({rules, random_, sha256_, *this, *push}, target, liveShare(target), head, now);
  }

  /// Compare-and-swap, as a store does it.
  bool commit(const share::Change& change) {
    const share::SharePointer stored = find(change.id);
    if ((stored ? stored->version : 0) != change.expected) return false;
    if (!change.next) {
      records_.erase(change.id);
      return true;
    }
    share::Share next = *change.next;
    ++next.version;
    records_[change.id] = std::make_shared<const share::Share>(std::move(next));
    return true;
  }

  /// Asks and commits.
  Response send(Request request) {
    if (!request.headers.has("Host")) request.headers.add("Host", "relay.example");
    if (!request.body.empty() && !request.headers.has("Transfer-Encoding")) {
      request.headers.set("Content-Length", std::to_string(request.body.size()));
    }
    const share::Outcome outcome = ask(request);
    Request head = request;
    head.body.clear();
    // A peer that was refused before it sent its body would have been refused with it, too.
    if (askHead(head)) REQUIRE(outcome.response.status >= 300);
    if (outcome.change) REQUIRE(commit(*outcome.change));
    return outcome.response;
  }
  Response send(const std::string& method, const std::string& target, Headers headers = {},
                std::string body = {}) {
    return send(Request{method, target, std::move(headers), std::move(body)});
  }

  Response get(const std::string& target, Headers headers = {}) {
    return send("GET", target, std::move(headers));
  }
  /// A PUT of other bytes than any before.
  Response put(const std::string& target, Headers headers = {}) {
    return send("PUT", target, std::move(headers), documentBody(++puts_));
  }
  Response lock(const std::string& target, Headers headers = {}, std::string body = lockInfo()) {
    return send("LOCK", target, std::move(headers), std::move(body));
  }
  Response unlock(const std::string& target, const std::string& token) {
    return send("UNLOCK", target, {{"Lock-Token", "<" + token + ">"}});
  }
  Response propfind(const std::string& target, const std::string& depth = "0", std::string body = {}) {
    return send("PROPFIND", target, {{"Depth", depth}}, std::move(body));
  }

  std::string etagOf(const std::string& document) { return std::string(get(document).headers.get("ETag")); }
  /// Every lock token PROPFIND shows on a resource.
  std::vector<std::string> tokensOn(const std::string& target) { return lockTokensIn(propfind(target).body); }
  /// Takes a lock and gives its token.
  std::string takeLock(const std::string& target, Headers headers = {}, std::string body = lockInfo()) {
    const Response response = lock(target, std::move(headers), std::move(body));
    REQUIRE(response.status < 300);
    return tokenOf(response);
  }

  /// A share with a document, made the way its clients make them.
  Place makeShare() {
    if (rules.identifiers == share::Identifiers::server) {
      const Response response = send("POST", "/v1/", {}, documentBody(0));
      REQUIRE(response.status == 201);
      return placeAt(response);
    }
    const Place place = makeEmptyShare();
    REQUIRE(put(place.document).status == 201);
    return place;
  }

  /// A share whose document can be made but is not there yet.
  Place makeEmptyShare() {
    if (rules.identifiers == share::Identifiers::server) {
      const Response response = put("/v1/new/share.json");
      REQUIRE(response.status == 307);
      return placeAt(response);
    }
    const std::string collection = "/v1/" + Uuid::random(random_).toString() + "/";
    REQUIRE(send("MKCOL", collection).status == 201);
    return Place::of(collection);
  }

 private:
  share::SharePointer liveShare(const share::Target& target) const {
    return share::asOf(find(target.id), now);
  }

  Place placeAt(const Response& response) const {
    const std::string location(response.headers.get("Location"));
    REQUIRE(startsWith(location, rules.origin + "/v1/"));
    const std::string path = location.substr(rules.origin.size());
    return Place::of(path.substr(0, path.rfind('/') + 1));
  }

  std::map<Uuid, share::SharePointer> records_;
  // No digest, but different for different texts, which is all the rules need.
  Sha256 sha256_ = [](std::string_view text) {
    std::string digest = std::to_string(std::hash<std::string_view>()(text));
    digest.resize(32, '.');
    return digest;
  };
  RandomSource random_ = [engine = std::make_shared<std::mt19937_64>(42)](void* out, std::size_t size) {
    auto* bytes = static_cast<unsigned char*>(out);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>((*engine)() & 255U);
  };
  int puts_ = 0;
};

}  // namespace tigress::dav
