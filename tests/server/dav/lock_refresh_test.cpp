#include "tests/server/dav/dav_bench.h"

// LOCK without a body: one more time for a lock that is there.

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;
using Tokens = std::vector<std::string>;

Response refresh(DavBench& bench, const std::string& target, Headers headers) {
  return bench.lock(target, std::move(headers), {});
}

TEST_CASE("rule 25: a LOCK without a body restarts the timer of the lock that If names") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document, {{"Timeout", "Second-300"}});
  bench.now += std::chrono::seconds(299);
  const Response answer = refresh(bench, share.document, {{"If", listOf(token)}, {"Timeout", "Second-600"}});
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.headers.has("Lock-Token"));
  CHECK_THAT(answer.body, Contains("<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock>"));
  CHECK_THAT(answer.body, Contains("<D:timeout>Second-600</D:timeout>"));
  CHECK(lockTokensIn(answer.body) == Tokens{token});
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  bench.now += std::chrono::seconds(599);
  CHECK(bench.put(share.document).status == 423);
  bench.now += std::chrono::seconds(1);
  CHECK(bench.put(share.document).status == 204);
}

TEST_CASE("rule 25: of several shared locks only the named one is refreshed") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string first = bench.takeLock(share.document, {{"Timeout", "Second-10"}}, lockInfo("shared"));
  const std::string second = bench.takeLock(share.document, {{"Timeout", "Second-10"}}, lockInfo("shared"));
  const Response answer = refresh(bench, share.document, {{"If", listOf(second)}, {"Timeout", "Second-60"}});
  CHECK(lockTokensIn(answer.body) == Tokens{second});
  bench.now += std::chrono::seconds(10);
  CHECK(bench.tokensOn(share.document) == Tokens{second});
}

TEST_CASE("rule 26: Depth means nothing in a refresh") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.collection, {{"Depth", "infinity"}});
  const std::string depth = GENERATE("0", "1", "banana");
  const Response answer = refresh(bench, share.collection, {{"If", listOf(token)}, {"Depth", depth}});
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("<D:depth>infinity</D:depth>"));
}

TEST_CASE("rule 27: a refresh works with a tagged list and at every URL in the lock's scope") {
  DavBench bench;
  const Place share = bench.makeShare();
  SECTION("tagged") {
    const std::string token = bench.takeLock(share.document);
    const std::string tag = "<http://relay.example" + share.document + "> ";
    CHECK(refresh(bench, share.document, {{"If", tag + listOf(token)}}).status == 200);
  }
  SECTION("at the document, of the collection's lock") {
    const std::string token = bench.takeLock(share.collection, {{"Depth", "infinity"}});
    const Response answer = refresh(bench, share.document, {{"If", listOf(token)}});
    CHECK(answer.status == 200);
    CHECK_THAT(answer.body, Contains("<D:lockroot><D:href>" + share.collection + "</D:href>"));
  }
}

TEST_CASE("rule 28: a refresh with a token that is of no lock here answers 412") {
  DavBench bench;
  const Place share = bench.makeShare();
  const auto isRefused = [&](const std::string& target, const std::string& condition) {
    const Response answer = refresh(bench, target, {{"If", condition}});
    CHECK(answer.status == 412);
    CHECK_THAT(answer.body, Contains(davError("lock-token-matches-request-uri")));
  };
  SECTION("unknown") {
    isRefused(share.document, listOf(kForeignToken));
    const std::string token = bench.takeLock(share.document);
    isRefused(share.document, listOf(kForeignToken));
    isRefused(share.document, "(Not <DAV:no-lock>)");
    isRefused(share.document, listOf(kForeignToken) + " (Not <DAV:no-lock>)");
  }
  SECTION("expired") {
    const std::string token = bench.takeLock(share.document, {{"Timeout", "Second-1"}});
    bench.now += std::chrono::seconds(1);
    isRefused(share.document, listOf(token));
  }
  SECTION("of another URL") {
    const std::string token = bench.takeLock(share.document);
    const Place other = bench.makeShare();
    isRefused(other.document, listOf(token));
    isRefused(other.document, "<" + share.document + "> " + listOf(token));
    isRefused(share.collection, listOf(token));
    isRefused(kUnknownShare + std::string("share.json"), listOf(token));
  }
}

TEST_CASE("rule 29: a LOCK without a body never makes a lock, and without If it is malformed") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  CHECK(refresh(bench, share.document, {}).status == 400);
  CHECK(refresh(bench, share.document, {{"Content-Length", "0"}}).status == 400);
  CHECK(refresh(bench, share.document, {{"Content-Type", "text/xml"}}).status == 400);
  CHECK(bench.tokensOn(share.document).empty());
  const Place empty = bench.makeEmptyShare();
  CHECK(refresh(bench, empty.document, {}).status == 400);
  CHECK(refresh(bench, empty.document, {{"If", "(Not <DAV:no-lock>)"}}).status == 412);
  CHECK(bench.get(empty.document).status == 404);
}

TEST_CASE("rule 29: a chunked LOCK with nothing in its chunks is one without a body") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(refresh(bench, share.document, {{"Transfer-Encoding", "chunked"}}).status == 400);
  const std::string token = bench.takeLock(share.document);
  CHECK(refresh(bench, share.document, {{"Transfer-Encoding", "chunked"}, {"If", listOf(token)}}).status ==
        200);
}

}  // namespace
}  // namespace tigress::dav
