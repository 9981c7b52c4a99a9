#include <set>

#include "tests/server/dav/dav_bench.h"

// ETags and the conditions of HTTP.

namespace tigress::dav {
namespace {

TEST_CASE("rule 60: GET and HEAD carry a strong ETag, Last-Modified and Content-Type") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string method = GENERATE("GET", "HEAD");
  const Response answer = bench.send(method, share.document);
  CHECK(answer.status == 200);
  const auto tag = EntityTag::parse(answer.headers.get("ETag"));
  REQUIRE(tag);
  CHECK_FALSE(tag->weak);
  CHECK(answer.headers.get("Last-Modified") == "Sat, 21 Nov 2026 12:00:00 GMT");
  CHECK(answer.headers.get("Content-Type") == "application/json");
  CHECK(answer.headers.get("Sunset") == "Sun, 22 Nov 2026 12:00:00 GMT");
}

TEST_CASE("rule 61: another content never has an old ETag of that URL") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  std::set<std::string> tags = {bench.etagOf(share.document)};
  for (int i = 0; i < 6; ++i) {  // within one second, all of one length
    CHECK(bench.put(share.document).status == 204);
    tags.insert(bench.etagOf(share.document));
  }
  CHECK(tags.size() == 7);
  if (identifiers == share::Identifiers::any) {
    CHECK(bench.send("DELETE", share.document).status == 204);
    CHECK(bench.put(share.document).status == 201);
    tags.insert(bench.etagOf(share.document));
    CHECK(tags.size() == 8);
  }
}

TEST_CASE("rule 62: the answer to a PUT has the ETag that GET will have") {
  DavBench bench;
  const Place share = bench.makeEmptyShare();
  const Response made = bench.put(share.document);
  CHECK(made.status == 201);
  CHECK(made.headers.get("ETag") == bench.etagOf(share.document));
  const Response replaced = bench.put(share.document);
  CHECK(replaced.status == 204);
  CHECK(replaced.headers.get("ETag") == bench.etagOf(share.document));
}

TEST_CASE("rule 63: If-Match compares strongly, and a PUT that fails it changes nothing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string first = bench.etagOf(share.document);
  const auto putIfMatch = [&](const std::string& tags) {
    return bench.put(share.document, {{"If-Match", tags}}).status;
  };
  CHECK(putIfMatch(first) == 204);
  const std::string second = bench.etagOf(share.document);
  CHECK(putIfMatch(first) == 412);
  CHECK(putIfMatch("W/" + second) == 412);
  CHECK(putIfMatch("\"a\", \"b,c\"") == 412);
  CHECK(putIfMatch("banana") == 412);
  CHECK(putIfMatch(second.substr(1, second.size() - 2)) == 412);
  CHECK(bench.etagOf(share.document) == second);
  CHECK(putIfMatch("\"a\", \"b,c\", " + second) == 204);
  CHECK(putIfMatch("*") == 204);
}

TEST_CASE("rule 63: several If-Match fields are one list") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  CHECK(bench.put(share.document, {{"If-Match", kNope}, {"If-Match", etag}}).status == 204);
}

TEST_CASE("rule 63: If-Match: * does not match what is not there") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeEmptyShare();
  CHECK(bench.put(share.document, {{"If-Match", "*"}}).status == 412);
  CHECK(bench.put(kUnknownShare + std::string("share.json"), {{"If-Match", "*"}}).status == 412);
  CHECK(bench.get(share.document).status == 404);
}

TEST_CASE("rule 64: of eight PUTs with the same If-Match one wins, the others are refused when asked again") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  std::vector<Request> requests;
  std::vector<share::Outcome> outcomes;
  for (int i = 0; i < 8; ++i) {
    requests.push_back({"PUT", share.document, {{"If-Match", etag}}, documentBody(i)});
    outcomes.push_back(bench.ask(requests.back()));
  }
  int won = 0;
  int refused = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    REQUIRE(outcomes[i].change);
    if (bench.commit(*outcomes[i].change)) {
      ++won;
    } else if (bench.ask(requests[i]).response.status == 412) {
      ++refused;
    }
  }
  CHECK(won == 1);
  CHECK(refused == 7);
}

TEST_CASE("rule 65: If-None-Match compares weakly: 304 for reading, 412 for writing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  for (const std::string& tags : {etag, "W/" + etag, "\"a\", " + etag, std::string("*")}) {
    CAPTURE(tags);
    const Response answer = bench.get(share.document, {{"If-None-Match", tags}});
    CHECK(answer.status == 304);
    CHECK(answer.headers.get("ETag") == etag);
    CHECK(answer.body.empty());
    CHECK_FALSE(answer.headers.has("Content-Type"));
    CHECK(bench.send("HEAD", share.document, {{"If-None-Match", tags}}).status == 304);
    CHECK(bench.put(share.document, {{"If-None-Match", tags}}).status == 412);
    CHECK(bench.send("DELETE", share.document, {{"If-None-Match", tags}}).status == 412);
  }
  CHECK(bench.etagOf(share.document) == etag);
  CHECK(bench.get(share.document, {{"If-None-Match", kNope}}).status == 200);
  CHECK(bench.put(share.document, {{"If-None-Match", kNope}}).status == 204);
}

TEST_CASE("rule 65: If-None-Match: * lets a PUT make a document, but not replace one") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeEmptyShare();
  CHECK(bench.put(share.document, {{"If-None-Match", "*"}}).status == 201);
  CHECK(bench.put(share.document, {{"If-None-Match", "*"}}).status == 412);
}

TEST_CASE("rule 65: the collection is there, so GET of it with If-None-Match: * answers 304") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.get(share.collection, {{"If-None-Match", "*"}}).status == 304);
  CHECK(bench.get(share.collection, {{"If-None-Match", kNope}}).status == 200);
}

TEST_CASE("rule 66: If-None-Match outranks If-Modified-Since, and bad dates are ignored") {
  DavBench bench;
  const Place share = bench.makeShare();
  bench.now += std::chrono::minutes(1);
  const std::string modified(bench.get(share.document).headers.get("Last-Modified"));
  const auto getSince = [&](const std::string& date) {
    return bench.get(share.document, {{"If-Modified-Since", date}}).status;
  };
  CHECK(getSince(modified) == 304);
  CHECK(getSince("Sat, 01 Jan 2000 00:00:00 GMT") == 200);
  CHECK(getSince("Saturday, 21-Nov-26 12:00:00 GMT") == 304);
  CHECK(getSince("banana") == 200);
  CHECK(getSince("2026-11-21T12:00:00Z") == 200);
  CHECK(bench.get(share.document, {{"If-None-Match", kNope}, {"If-Modified-Since", modified}}).status == 200);
  // Defined for GET and HEAD only (RFC 9110 section 13.1.3).
  CHECK(bench.put(share.document, {{"If-Modified-Since", modified}}).status == 204);
}

TEST_CASE("rule 67: If-Unmodified-Since of an earlier day answers 412") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string modified(bench.get(share.document).headers.get("Last-Modified"));
  const auto putSince = [&](const std::string& date) {
    return bench.put(share.document, {{"If-Unmodified-Since", date}}).status;
  };
  CHECK(putSince("Sat, 01 Jan 2000 00:00:00 GMT") == 412);
  CHECK(bench.get(share.document, {{"If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"}}).status == 412);
  CHECK(putSince(modified) == 204);
  CHECK(putSince("banana") == 204);
  // If-Match is the better question (RFC 9110 section 13.1.4).
  CHECK(
      bench.put(share.document, {{"If-Match", "*"}, {"If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"}})
          .status == 204);
}

TEST_CASE("a condition that fails leaves the share as it was") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response before = bench.get(share.document);
  const std::string method = GENERATE("PUT", "DELETE");
  CHECK(bench.send(method, share.document, {{"If-Match", kNope}}).status == 412);
  const Response after = bench.get(share.document);
  CHECK(after.body == before.body);
  CHECK(after.headers.get("ETag") == before.headers.get("ETag"));
}

}  // namespace
}  // namespace tigress::dav
