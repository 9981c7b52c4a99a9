#include <set>

#include "tests/server/dav/dav_bench.h"

// LOCK of something that is not locked, or not so.

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;
using Tokens = std::vector<std::string>;

TEST_CASE("rule 1: a new lock answers 200 with its token in the header and in the body") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.lock(share.document, {{"Depth", "0"}, {"Timeout", "Second-300"}});
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == kXmlContentType);
  CHECK_THAT(answer.body, Contains("<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock>"));
  CHECK(lockTokensIn(answer.body) == Tokens{tokenOf(answer)});
}

TEST_CASE("rule 2: an active lock tells its scope, type, depth, timeout, token and root") {
  DavBench bench;
  const Place share = bench.makeShare();
  SECTION("exclusive on the document") {
    const Response answer = bench.lock(share.document, {{"Timeout", "Second-300"}});
    CHECK_THAT(answer.body, Contains("<D:lockscope><D:exclusive/></D:lockscope>"));
    CHECK_THAT(answer.body, Contains("<D:locktype><D:write/></D:locktype>"));
    CHECK_THAT(answer.body, Contains("<D:depth>0</D:depth>"));
    CHECK_THAT(answer.body, Contains("<D:timeout>Second-300</D:timeout>"));
    CHECK_THAT(answer.body, Contains("<D:lockroot><D:href>" + share.document + "</D:href></D:lockroot>"));
  }
  SECTION("shared on the collection") {
    const Response answer = bench.lock(share.collection, {}, lockInfo("shared"));
    CHECK_THAT(answer.body, Contains("<D:lockscope><D:shared/></D:lockscope>"));
    CHECK_THAT(answer.body, Contains("<D:depth>infinity</D:depth>"));
    CHECK_THAT(answer.body, Contains("<D:lockroot><D:href>" + share.collection + "</D:href></D:lockroot>"));
  }
}

TEST_CASE("rule 3: every lock has a token of its own, a URN of a random UUID") {
  DavBench bench;
  const Place share = bench.makeShare();
  std::set<std::string> tokens;
  for (int i = 0; i < 5; ++i) {
    const std::string token = bench.takeLock(share.document);
    CHECK(startsWith(token, "urn:uuid:"));
    const auto uuid = Uuid::parse(token.substr(9));
    REQUIRE(uuid);
    CHECK(uuid->toString()[14] == '4');
    tokens.insert(token);
    CHECK(bench.unlock(share.document, token).status == 204);
  }
  CHECK(tokens.size() == 5);
}

TEST_CASE("rule 4: the owner is kept as it was sent") {
  DavBench bench;
  const Place share = bench.makeShare();
  SECTION("with elements, attributes, namespaces and mixed text") {
    const std::string owner =
        R"(<D:owner>a<x:who xmlns:x="urn:x" x:k="1">b<D:href>c</D:href>d</x:who>e &amp; f</D:owner>)";
    bench.takeLock(share.document, {}, lockInfo("exclusive", owner));
    // The declaration of D came with it, so that it means the same wherever it stands.
    const std::string kept =
        R"(<D:owner xmlns:D="DAV:">a<x:who xmlns:x="urn:x" x:k="1">b<D:href>c</D:href>d</x:who>e &amp; f</D:owner>)";
    CHECK_THAT(bench.propfind(share.document).body, Contains(kept));
  }
  SECTION("with a default namespace and prefixes that the body declared further out") {
    bench.takeLock(
        share.document, {},
        R"(<lockinfo xmlns="DAV:" xmlns:y="urn:y"><lockscope><exclusive/></lockscope>)"
        R"(<locktype><write/></locktype><owner><y:me xmlns=""><plain/></y:me></owner></lockinfo>)");
    CHECK_THAT(bench.propfind(share.document).body,
               Contains(R"(<owner xmlns="DAV:" xmlns:y="urn:y"><y:me xmlns=""><plain/></y:me></owner>)"));
  }
  SECTION("with blanks, comments and CDATA") {
    const std::string owner = "<D:owner> <!-- who --> <![CDATA[<me>]]> </D:owner>";
    bench.takeLock(share.document, {}, lockInfo("exclusive", owner));
    CHECK_THAT(bench.propfind(share.document).body,
               Contains("<D:owner xmlns:D=\"DAV:\"> <!-- who --> <![CDATA[<me>]]> </D:owner>"));
  }
  SECTION("and is not there if none was sent") {
    bench.takeLock(share.document);
    CHECK_THAT(bench.propfind(share.document).body, !Contains("owner"));
  }
}

TEST_CASE("rule 5: a LOCK of the collection without Depth is of depth infinity") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.lock(share.collection);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("<D:depth>infinity</D:depth>"));
}

TEST_CASE("rule 6: a LOCK of the collection takes no other Depth than 0 and infinity") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string depth = GENERATE("1", "2", "banana", "");
  CHECK(bench.lock(share.collection, {{"Depth", depth}}).status == 400);
  CHECK(bench.tokensOn(share.collection).empty());
}

TEST_CASE("rule 7: Depth means nothing in a LOCK of the document") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string depth = GENERATE("infinity", "1", "banana");
  const Response answer = bench.lock(share.document, {{"Depth", depth}});
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("<D:depth>0</D:depth>"));
}

TEST_CASE("rule 8: the lock lasts as long as was asked, but no longer than the server allows") {
  DavBench bench;
  bench.rules.longestLock = std::chrono::hours(1);
  const Place share = bench.makeShare();
  const auto granted = [&](const std::string& timeout) {
    const Response answer = bench.lock(share.document, {{"Timeout", timeout}});
    const std::size_t begin = answer.body.find("<D:timeout>") + 11;
    const std::string text = answer.body.substr(begin, answer.body.find('<', begin) - begin);
    CHECK(bench.unlock(share.document, tokenOf(answer)).status == 204);
    return text;
  };
  CHECK(granted("Second-300") == "Second-300");
  CHECK(granted("second-300") == "Second-300");
  CHECK(granted("Infinite") == "Second-3600");
  CHECK(granted("Infinite, Second-4100000000") == "Second-3600");
  CHECK(granted("Second-4100000000") == "Second-3600");
  CHECK(granted("Extend-7, Second-20") == "Second-20");
  SECTION("and never longer than its share") {
    bench.now += std::chrono::hours(23) + std::chrono::minutes(50);
    CHECK(granted("Infinite") == "Second-600");
  }
}

TEST_CASE("rule 9: a Timeout that does not parse is ignored") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string timeout =
      GENERATE("banana", "Second-99999999999999999999", "Second--5", "Second-", "", ",", "Second-4294967296");
  const Response answer = bench.lock(share.document, {{"Timeout", timeout}});
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("<D:timeout>Second-86400</D:timeout>"));
}

TEST_CASE("rule 10: when its time is up a lock is gone as by UNLOCK") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document, {{"Timeout", "Second-1"}});
  bench.now += std::chrono::milliseconds(999);
  CHECK(bench.put(share.document).status == 423);
  bench.now += std::chrono::milliseconds(1);
  CHECK(bench.tokensOn(share.document).empty());
  CHECK(bench.put(share.document, {{"If", listOf(token)}}).status == 412);
  CHECK(bench.put(share.document).status == 204);
  CHECK(bench.unlock(share.document, token).status == 409);
  CHECK(bench.lock(share.document).status == 200);
}

TEST_CASE("rule 11: lockdiscovery tells the time that is left") {
  DavBench bench;
  const Place share = bench.makeShare();
  bench.takeLock(share.document, {{"Timeout", "Second-300"}});
  bench.now += std::chrono::seconds(2);
  CHECK_THAT(bench.propfind(share.document).body, Contains("<D:timeout>Second-298</D:timeout>"));
  // Rounded up: a lock that still holds never shows zero seconds.
  bench.now += std::chrono::milliseconds(297500);
  CHECK_THAT(bench.propfind(share.document).body, Contains("<D:timeout>Second-1</D:timeout>"));
}

TEST_CASE("rule 12: an exclusive lock conflicts with every other, direct or indirect") {
  DavBench bench;
  const Place share = bench.makeShare();
  SECTION("on the same resource") {
    bench.takeLock(share.document);
    const Response exclusive = bench.lock(share.document);
    CHECK(exclusive.status == 423);
    CHECK(exclusive.headers.get("Content-Type") == kXmlContentType);
    CHECK_THAT(exclusive.body, Contains(davError("no-conflicting-lock", share.document)));
    CHECK(bench.lock(share.document, {}, lockInfo("shared")).status == 423);
  }
  SECTION("with the shared ones, too") {
    bench.takeLock(share.document, {}, lockInfo("shared"));
    CHECK(bench.lock(share.document).status == 423);
  }
  SECTION("with the lock of the collection that covers the document") {
    bench.takeLock(share.collection, {{"Depth", "infinity"}});
    const Response answer = bench.lock(share.document);
    CHECK(answer.status == 423);
    CHECK_THAT(answer.body, Contains(davError("no-conflicting-lock", share.collection)));
  }
  SECTION("but a depth-0 lock of the collection leaves the document free") {
    bench.takeLock(share.collection, {{"Depth", "0"}});
    CHECK(bench.lock(share.document).status == 200);
    CHECK(bench.lock(share.collection, {{"Depth", "0"}}).status == 423);
  }
}

TEST_CASE("rule 13: the same exclusive lock cannot be taken twice, not even by its owner") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const Response answer = bench.lock(share.document, {{"If", listOf(token)}});
  CHECK(answer.status == 423);
  CHECK_THAT(answer.body, Contains(davError("no-conflicting-lock", share.document)));
  CHECK(bench.tokensOn(share.document) == Tokens{token});
}

TEST_CASE("rule 14: shared locks stand side by side, and any of their tokens opens a PUT") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string first = bench.takeLock(share.document, {}, lockInfo("shared"));
  const std::string second = bench.takeLock(share.document, {}, lockInfo("shared"));
  CHECK(first != second);
  CHECK(bench.tokensOn(share.document) == Tokens{first, second});
  CHECK(bench.put(share.document).status == 423);
  CHECK(bench.put(share.document, {{"If", listOf(first)}}).status == 204);
  CHECK(bench.put(share.document, {{"If", listOf(second)}}).status == 204);
  CHECK(bench.lock(share.document, {{"If", listOf(first)}}).status == 423);
  CHECK(bench.unlock(share.document, first).status == 204);
  CHECK(bench.put(share.document).status == 423);
  CHECK(bench.unlock(share.document, second).status == 204);
  CHECK(bench.put(share.document).status == 204);
}

TEST_CASE("a share takes as many shared locks as its setting says, and no more") {
  DavBench bench;
  bench.rules.locksPerShare = 2;
  const Place share = bench.makeShare();
  bench.takeLock(share.document, {{"Timeout", "Second-10"}}, lockInfo("shared"));
  bench.takeLock(share.document, {}, lockInfo("shared"));
  CHECK(bench.lock(share.document, {}, lockInfo("shared")).status == 403);
  bench.now += std::chrono::seconds(10);
  CHECK(bench.lock(share.document, {}, lockInfo("shared")).status == 200);
}

TEST_CASE(
    "rule 15: of eight LOCKs that saw the same share one wins, the others are refused when asked again") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Request request{"LOCK", share.document, {{"Host", "relay.example"}}, lockInfo()};
  std::vector<share::Outcome> outcomes;
  for (int i = 0; i < 8; ++i) outcomes.push_back(bench.ask(request));
  int won = 0;
  int refused = 0;
  for (const share::Outcome& outcome : outcomes) {
    CHECK(outcome.response.status == 200);
    REQUIRE(outcome.change);
    if (bench.commit(*outcome.change)) {
      ++won;
    } else if (bench.ask(request).response.status == 423) {
      ++refused;
    }
  }
  CHECK(won == 1);
  CHECK(refused == 7);
}

TEST_CASE("rule 16: a lockinfo that is broken or incomplete locks nothing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string begin = R"(<D:lockinfo xmlns:D="DAV:">)";
  const std::string scope = "<D:lockscope><D:exclusive/></D:lockscope>";
  const std::string type = "<D:locktype><D:write/></D:locktype>";
  const auto statusOf = [&](const std::string& body) {
    const int status = bench.lock(share.document, {}, body).status;
    CHECK(bench.tokensOn(share.document).empty());
    return status;
  };
  SECTION("400 if it is not well-formed") {
    CHECK(statusOf("banana") == 400);
    CHECK(statusOf("<D:lockinfo") == 400);
    CHECK(statusOf(begin + scope + type) == 400);
    CHECK(statusOf(begin + scope + type + "</D:lockinfo></D:lockinfo>") == 400);
    CHECK(statusOf("<D:lockinfo>" + scope + type + "</D:lockinfo>") == 400);
    CHECK(statusOf(begin + scope + type + "<D:owner>\x01</D:owner></D:lockinfo>") == 400);
    CHECK(statusOf(begin + scope + type + "<D:owner>\xC3</D:owner></D:lockinfo>") == 400);
    CHECK(statusOf(begin + scope + type + "</D:lockinfo>trailing") == 400);
    CHECK(statusOf(" ") == 400);
  }
  SECTION("422 if it is not a lock of a kind there is") {
    CHECK(statusOf(R"(<D:lockinfo xmlns:D="DAV:"/>)") == 422);
    CHECK(statusOf(begin + scope + "</D:lockinfo>") == 422);
    CHECK(statusOf(begin + type + "</D:lockinfo>") == 422);
    CHECK(statusOf(begin + scope + "<D:locktype><D:read/></D:locktype></D:lockinfo>") == 422);
    CHECK(statusOf(begin + "<D:lockscope><D:exclusive/><D:shared/></D:lockscope>" + type + "</D:lockinfo>") ==
          422);
    CHECK(statusOf(begin + "<D:lockscope><D:both/></D:lockscope>" + type + "</D:lockinfo>") == 422);
    CHECK(statusOf(R"(<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>)") == 422);
    CHECK(statusOf(R"(<lockinfo xmlns="urn:other"/>)") == 422);
  }
}

TEST_CASE("rule 17: unknown elements, attributes and another order are no obstacle") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.lock(
      share.document, {},
      R"(<?xml version="1.0"?><!-- hello --><D:lockinfo xmlns:D="DAV:" xmlns:e="urn:e" e:a="1" b="2"><e:x/>)"
      R"(<D:owner>me</D:owner><?pi data?><D:locktype><e:y/><D:write/></D:locktype>)"
      R"(<D:lockscope c="3"><D:exclusive/></D:lockscope></D:lockinfo>)");
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("<D:exclusive/>"));
  CHECK_THAT(answer.body, Contains(">me</D:owner>"));
}

TEST_CASE("rule 18: a LOCK body is XML under any Content-Type") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string type = GENERATE("text/xml", "application/xml", "application/xml; charset=\"utf-8\"",
                                    "text/plain;charset=UTF-8", "application/octet-stream", "");
  Headers headers;
  if (!type.empty()) headers.add("Content-Type", type);
  CHECK(bench.lock(share.document, headers).status == 200);
}

TEST_CASE("rule 19: conditions hold for LOCK, too") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  CHECK(bench.lock(share.document, {{"If-Match", kNope}}).status == 412);
  CHECK(bench.lock(share.document, {{"If", tagListOf(kNope)}}).status == 412);
  CHECK(bench.lock(share.document, {{"If-None-Match", "*"}}).status == 412);
  CHECK(bench.tokensOn(share.document).empty());
  CHECK(bench.lock(share.document, {{"If-Match", etag}, {"If", tagListOf(etag)}}).status == 200);
}

TEST_CASE("rule 20: LOCK of a document that is not there yet makes it, empty and locked") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeEmptyShare();
  CHECK(bench.get(share.document).status == 404);
  const Response answer = bench.lock(share.document);
  CHECK(answer.status == 201);
  const std::string token = tokenOf(answer);
  CHECK(lockTokensIn(answer.body) == Tokens{token});

  const Response empty = bench.get(share.document);
  CHECK(empty.status == 200);
  CHECK(empty.body.empty());
  CHECK(empty.headers.has("ETag"));
  CHECK_THAT(bench.propfind(share.collection, "1").body, Contains("<D:href>" + share.document + "</D:href>"));
  CHECK(bench.put(share.document).status == 423);
  CHECK(bench.put(share.document, {{"If", listOf(token)}}).status == 204);
  CHECK(bench.unlock(share.document, token).status == 204);
  CHECK(bench.get(share.document).status == 200);
}

TEST_CASE("rule 20: a share has one document, so LOCK makes no other") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  CHECK(bench.lock(share.sibling).status == 403);
  CHECK(bench.get(share.sibling).status == 404);
}

TEST_CASE("rule 21: If-Match: * keeps LOCK from making a document") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeEmptyShare();
  CHECK(bench.lock(share.document, {{"If-Match", "*"}}).status == 412);
  CHECK(bench.get(share.document).status == 404);
}

TEST_CASE("rule 22: LOCK where no collection is answers 409 and makes nothing") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = Place::of(kUnknownShare);
  CHECK(bench.lock(share.document).status == 409);
  CHECK(bench.lock(share.collection).status == 409);
  CHECK(bench.get(share.document).status == 404);
  CHECK(bench.get(share.collection).status == 404);
}

TEST_CASE("rule 23: LOCK and UNLOCK change neither ETag nor Last-Modified") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response before = bench.get(share.document);
  const auto same = [&] {
    const Response after = bench.get(share.document);
    return after.headers.get("ETag") == before.headers.get("ETag") &&
           after.headers.get("Last-Modified") == before.headers.get("Last-Modified");
  };
  bench.now += std::chrono::seconds(5);
  const std::string token = bench.takeLock(share.document);
  CHECK(same());
  bench.now += std::chrono::seconds(5);
  CHECK(bench.unlock(share.document, token).status == 204);
  CHECK(same());
}

TEST_CASE("rule 24: a depth-infinity LOCK over a locked member fails as a whole") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const Response answer = bench.lock(share.collection, {{"Depth", "infinity"}});
  CHECK(answer.status == 423);
  CHECK_THAT(answer.body, Contains(davError("no-conflicting-lock", share.document)));
  CHECK(bench.tokensOn(share.collection).empty());
  CHECK(bench.tokensOn(share.document) == Tokens{token});
  CHECK(bench.lock(share.collection, {{"Depth", "0"}}).status == 200);
}

TEST_CASE("rule 16: bytes that are no UTF-8 are refused wherever they stand in the owner") {
  DavBench bench;
  const Place share = bench.makeShare();
  for (const std::string inner :
       {"<!-- \x84 -->", "<?pi \x84?>", "<![CDATA[\x84]]>", "\x84", "<a b='\x84'/>"}) {
    CAPTURE(inner);
    const Response answer =
        bench.lock(share.document, {}, lockInfo("exclusive", "<D:owner>" + inner + "</D:owner>"));
    CHECK(answer.status == 400);
  }
  CHECK(bench.lock(share.document).status == 200);
}

}  // namespace
}  // namespace tigress::dav
