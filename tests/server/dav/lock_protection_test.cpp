#include "tests/server/dav/dav_bench.h"

// What a lock keeps from whom.

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;
using Tokens = std::vector<std::string>;

constexpr char kPropertyUpdate[] =
    R"(<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:a xmlns:x="urn:x">1</x:a></D:prop></D:set></D:propertyupdate>)";

TEST_CASE("rule 30: writing to a locked document without its token answers 423") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  bench.takeLock(share.document);
  const auto isLocked = [&](const Response& answer) {
    CHECK(answer.status == 423);
    CHECK(answer.headers.get("Content-Type") == kXmlContentType);
    CHECK_THAT(answer.body, Contains(davError("lock-token-submitted", share.document)));
  };
  isLocked(bench.put(share.document));
  isLocked(bench.send("DELETE", share.document));
  isLocked(bench.send("PROPPATCH", share.document, {}, kPropertyUpdate));
  CHECK(bench.etagOf(share.document) == etag);
}

TEST_CASE(
    "rule 30: a property of the collection is behind the collection's lock, not behind the document's") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string depth = GENERATE("0", "infinity");
  SECTION("the collection is locked") {
    const std::string token = bench.takeLock(share.collection, {{"Depth", depth}});
    const Response answer = bench.send("PROPPATCH", share.collection, {}, kPropertyUpdate);
    CHECK(answer.status == 423);
    CHECK_THAT(answer.body, Contains(davError("lock-token-submitted", share.collection)));
    CHECK(bench.send("PROPPATCH", share.collection, {{"If", listOf(token)}}, kPropertyUpdate).status == 207);
  }
  SECTION("the document is locked") {
    bench.takeLock(share.document);
    CHECK(bench.send("PROPPATCH", share.collection, {}, kPropertyUpdate).status == 207);
  }
}

TEST_CASE("rule 31: with the token in If a write goes through, and the lock survives it") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const std::string etag = bench.etagOf(share.document);
  CHECK(bench.put(share.document, {{"If", listOf(token)}}).status == 204);
  CHECK(bench.put(share.document).status == 423);
  CHECK(bench.put(share.document, {{"If", "<" + share.document + ">" + listOf(token)}}).status == 204);
  CHECK(bench.put(share.document, {{"If", "([\"x\"]) " + listOf(token)}}).status == 204);
  CHECK(bench.tokensOn(share.document) == Tokens{token});
}

TEST_CASE("rule 32: neither Lock-Token nor If-Match submits a token") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const std::string etag = bench.etagOf(share.document);
  CHECK(bench.send("DELETE", share.document, {{"Lock-Token", "<" + token + ">"}}).status == 423);
  CHECK(bench.put(share.document, {{"Lock-Token", "<" + token + ">"}}).status == 423);
  CHECK(bench.put(share.document, {{"If-Match", etag}}).status == 423);
  CHECK(bench.put(share.document, {{"If", tagListOf(etag)}}).status == 423);
}

TEST_CASE("rule 33: reading does not care for locks") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string lockedUrl = GENERATE("", "share.json");
  bench.takeLock(share.collection + lockedUrl);
  CHECK(bench.get(share.document).status == 200);
  CHECK(bench.send("HEAD", share.document).status == 200);
  CHECK(bench.send("OPTIONS", share.document).status == 200);
  CHECK(bench.propfind(share.document).status == 207);
  CHECK(bench.propfind(share.collection, "1").status == 207);
  CHECK(bench.get(share.collection).status == 200);
}

TEST_CASE("rule 34: DELETE of a locked document destroys its lock") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  CHECK(bench.send("DELETE", share.document, {{"If", listOf(token)}}).status == 204);
  CHECK(bench.unlock(share.document, token).status == 404);
  if (identifiers == share::Identifiers::any) {
    CHECK(bench.put(share.document).status == 201);
    CHECK(bench.tokensOn(share.document).empty());
    CHECK(bench.put(share.document).status == 204);
    CHECK(bench.unlock(share.document, token).status == 409);
  }
}

TEST_CASE("rule 35: the receiver learns the token from lockdiscovery and may close the share with it") {
  DavBench bench;
  const Place share = bench.makeShare();
  bench.takeLock(share.document);
  const Tokens seen = lockTokensIn(
      bench
          .propfind(share.document, "0",
                    R"(<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>)")
          .body);
  REQUIRE(seen.size() == 1);
  CHECK(bench.send("DELETE", share.document, {{"If", listOf(seen[0])}}).status == 204);
  CHECK(bench.get(share.document).status == 404);
}

TEST_CASE("rule 36: a depth-0 lock of the collection keeps its member's URL, not the member's content") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.collection, {{"Depth", "0"}});
  CHECK(bench.put(share.document).status == 204);
  const Response refused = bench.send("DELETE", share.document);
  CHECK(refused.status == 423);
  CHECK_THAT(refused.body, Contains(davError("lock-token-submitted", share.collection)));
  // The document itself is not locked, so there the token is of no lock.
  CHECK(bench.send("DELETE", share.document, {{"If", listOf(token)}}).status == 412);
  const std::string tagged = "<" + share.collection + "> " + listOf(token);
  CHECK(bench.send("DELETE", share.document, {{"If", tagged}}).status == 204);
  if (identifiers == share::Identifiers::any) {
    CHECK(bench.put(share.document).status == 423);
    CHECK(bench.lock(share.document).status == 423);
    CHECK(bench.get(share.document).status == 404);
    CHECK(bench.put(share.document, {{"If", tagged}}).status == 201);
    CHECK(bench.put(share.document).status == 204);
  }
}

TEST_CASE("rule 36: a document that is locked in a locked collection needs both tokens to go") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string ofCollection = bench.takeLock(share.collection, {{"Depth", "0"}});
  const std::string ofDocument = bench.takeLock(share.document);
  const std::string collectionList = "<" + share.collection + "> " + listOf(ofCollection);
  const std::string documentList = "<" + share.document + "> " + listOf(ofDocument);
  CHECK(bench.send("DELETE", share.document, {{"If", collectionList}}).status == 423);
  CHECK(bench.send("DELETE", share.document, {{"If", documentList}}).status == 423);
  CHECK(bench.send("DELETE", share.document, {{"If", collectionList + " " + documentList}}).status == 204);
}

TEST_CASE("rule 37: a depth-infinity lock of the collection covers the document") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.collection, {{"Depth", "infinity"}});
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  const auto isLocked = [&](const Response& answer, const std::string& condition) {
    CHECK(answer.status == 423);
    CHECK_THAT(answer.body, Contains(davError(condition, share.collection)));
  };
  isLocked(bench.put(share.document), "lock-token-submitted");
  isLocked(bench.send("DELETE", share.document), "lock-token-submitted");
  isLocked(bench.lock(share.document), "no-conflicting-lock");
  CHECK(bench.put(share.document, {{"If", listOf(token)}}).status == 204);
  CHECK(bench.send("DELETE", share.document, {{"If", listOf(token)}}).status == 204);
}

TEST_CASE("rule 37: a document that comes to be in a locked collection is locked with it") {
  DavBench bench(share::Identifiers::any);
  const Place share = bench.makeEmptyShare();
  const std::string token = bench.takeLock(share.collection);
  CHECK(bench.put(share.document).status == 423);
  CHECK(bench.put(share.document, {{"If", "<" + share.collection + "> " + listOf(token)}}).status == 201);
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  CHECK(bench.put(share.document).status == 423);
}

TEST_CASE("rule 38: DELETE of a collection with a locked document fails and deletes nothing") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const Response answer = bench.send("DELETE", share.collection);
  CHECK(answer.status == 423);
  CHECK_THAT(answer.body, Contains(davError("lock-token-submitted", share.document)));
  CHECK(bench.get(share.document).status == 200);
  const std::string tagged = "<" + share.document + "> " + listOf(token);
  CHECK(bench.send("DELETE", share.collection, {{"If", tagged}}).status == 204);
  CHECK(bench.get(share.document).status == 404);
  CHECK(bench.get(share.collection).status == 404);
}

}  // namespace
}  // namespace tigress::dav
