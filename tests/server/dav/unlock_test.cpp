#include "tests/server/dav/dav_bench.h"

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;
using Tokens = std::vector<std::string>;

TEST_CASE("rule 39: UNLOCK answers 204 and the lock is gone everywhere") {
  DavBench bench;
  const Place share = bench.makeShare();
  SECTION("on the document") {
    const std::string token = bench.takeLock(share.document);
    const Response answer = bench.unlock(share.document, token);
    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
    CHECK(bench.tokensOn(share.document).empty());
    CHECK(bench.put(share.document).status == 204);
  }
  SECTION("on the collection, through the document it covers") {
    const std::string token = bench.takeLock(share.collection);
    CHECK(bench.unlock(share.document, token).status == 204);
    CHECK(bench.tokensOn(share.collection).empty());
    CHECK(bench.put(share.document).status == 204);
  }
  SECTION("and leaves other locks alone") {
    const std::string first = bench.takeLock(share.document, {}, lockInfo("shared"));
    const std::string second = bench.takeLock(share.document, {}, lockInfo("shared"));
    CHECK(bench.unlock(share.document, first).status == 204);
    CHECK(bench.tokensOn(share.document) == Tokens{second});
  }
}

TEST_CASE("rule 40: UNLOCK without a Lock-Token, or with a broken one, answers 400") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  CHECK(bench.send("UNLOCK", share.document).status == 400);
  for (const std::string& broken :
       {std::string(), std::string("<>"), std::string("banana"), "<" + token, token + ">",
        "(<" + token + ">)", "<" + token + "> <" + token + ">", "\"" + token + "\""}) {
    CAPTURE(broken);
    CHECK(bench.send("UNLOCK", share.document, {{"Lock-Token", broken}}).status == 400);
  }
  CHECK(
      bench
          .send("UNLOCK", share.document, {{"Lock-Token", "<" + token + ">"}, {"Lock-Token", "<urn:uuid:x>"}})
          .status == 400);
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  CHECK(bench.send("UNLOCK", share.document, {{"If", listOf(token)}}).status == 400);
}

TEST_CASE("rule 40: a token without angle brackets is understood, as some clients send it so") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  CHECK(bench.send("UNLOCK", share.document, {{"Lock-Token", token}}).status == 204);
}

TEST_CASE("rule 41: UNLOCK with a token that is of no lock here answers 409") {
  DavBench bench;
  const Place share = bench.makeShare();
  const auto isRefused = [&](const std::string& target, const std::string& token) {
    const Response answer = bench.unlock(target, token);
    CHECK(answer.status == 409);
    CHECK_THAT(answer.body, Contains(davError("lock-token-matches-request-uri")));
  };
  SECTION("not locked") {
    isRefused(share.document, kForeignToken);
  }
  SECTION("unknown") {
    bench.takeLock(share.document);
    isRefused(share.document, kForeignToken);
  }
  SECTION("out of scope") {
    const std::string ofDocument = bench.takeLock(share.document);
    const std::string ofCollection = bench.takeLock(share.collection, {{"Depth", "0"}});
    isRefused(share.collection, ofDocument);
    isRefused(share.document, ofCollection);
    isRefused(share.sibling, ofDocument);
    isRefused(bench.makeShare().document, ofDocument);
    CHECK(bench.tokensOn(share.document) == Tokens{ofDocument});
    CHECK(bench.tokensOn(share.collection) == Tokens{ofCollection});
  }
}

TEST_CASE("rule 42: an If on UNLOCK is a condition") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const auto unlockIf = [&](const std::string& condition) {
    return bench.send("UNLOCK", share.document, {{"Lock-Token", "<" + token + ">"}, {"If", condition}})
        .status;
  };
  CHECK(unlockIf(tagListOf(kNope)) == 412);
  CHECK(unlockIf("(Not <" + token + ">)") == 412);
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  CHECK(unlockIf(tagListOf(bench.etagOf(share.document))) == 204);
}

}  // namespace
}  // namespace tigress::dav
