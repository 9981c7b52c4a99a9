#include "tests/server/dav/dav_bench.h"

// Reading: GET, HEAD, Range.

namespace tigress::dav {
namespace {

TEST_CASE("rule 68: GET gives back the bytes that were put") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string body =
      " {\"payload\" : {\"type\":\"AEAD_AES_128_GCM\",\"data\":\"AAAA\"}, \"x\":1.50}\r\n";
  CHECK(bench.send("PUT", share.document, {}, body).status == 204);
  CHECK(bench.get(share.document).body == body);
}

TEST_CASE("rule 68: a share or a name that is not there answers 404") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  CHECK(bench.get(kUnknownShare).status == 404);
  CHECK(bench.get(kUnknownShare + std::string("share.json")).status == 404);
  CHECK(bench.get(share.sibling).status == 404);
  CHECK(bench.get("/v1/new/share.json").status == 404);
  CHECK(bench.get("/v1/share.json").status == 404);
  CHECK(bench.get("/nowhere").status == 404);
}

TEST_CASE("a deleted, an expired and a never-made share answer alike") {
  DavBench bench;
  const Place deleted = bench.makeShare();
  CHECK(bench.send("DELETE", deleted.document).status == 204);
  const Place expired = bench.makeShare();
  bench.now += std::chrono::hours(24);
  const Response never = bench.get(kUnknownShare + std::string("share.json"));
  for (const std::string& url : {deleted.document, expired.document}) {
    const Response answer = bench.get(url);
    CHECK(answer.status == 404);
    CHECK(answer.body == never.body);
    CHECK(bench.propfind(url).status == 404);
    CHECK(bench.send("DELETE", url).status == 404);
    CHECK(bench.put(url).status == 409);
  }
}

TEST_CASE("GET changes nothing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string method = GENERATE("GET", "HEAD", "PROPFIND", "OPTIONS");
  CHECK_FALSE(bench.ask({method, share.document, {}, {}}).change);
  CHECK_FALSE(bench.ask({method, share.collection, {{"Depth", "1"}}, {}}).change);
}

TEST_CASE("rule 70: a range of bytes is answered with that part") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string body = bench.get(share.document).body;
  const std::string size = std::to_string(body.size());
  const std::string last = std::to_string(body.size() - 1);
  const auto isPart = [&](const std::string& range, const std::string& contentRange,
                          const std::string& part) {
    CAPTURE(range);
    const Response answer = bench.get(share.document, {{"Range", range}});
    CHECK(answer.status == 206);
    CHECK(answer.headers.get("Content-Range") == "bytes " + contentRange + "/" + size);
    CHECK(answer.body == part);
    CHECK(answer.headers.has("ETag"));
  };
  isPart("bytes=0-3", "0-3", body.substr(0, 4));
  isPart("BYTES=0-0", "0-0", body.substr(0, 1));
  isPart("bytes=5-", "5-" + last, body.substr(5));
  isPart("bytes=-5", std::to_string(body.size() - 5) + "-" + last, body.substr(body.size() - 5));
  isPart("bytes=-99999", "0-" + last, body);
  isPart("bytes=10-99999", "10-" + last, body.substr(10));
}

TEST_CASE("rule 70: a range behind the end answers 416, one that does not parse is ignored") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string size = std::to_string(bench.get(share.document).body.size());
  for (const std::string& range :
       {"bytes=" + size + "-", std::string("bytes=99999-"), std::string("bytes=-0")}) {
    CAPTURE(range);
    const Response answer = bench.get(share.document, {{"Range", range}});
    CHECK(answer.status == 416);
    CHECK(answer.headers.get("Content-Range") == "bytes */" + size);
  }
  for (const char* range : {"lines=0-3", "bytes=3-1", "bytes=a-b", "bytes=", "bytes", "bytes=0-1,3-4",
                            "bytes=--1", "bytes=-", "bytes=99999999999999999999-"}) {
    CAPTURE(range);
    CHECK(bench.get(share.document, {{"Range", range}}).status == 200);
  }
}

TEST_CASE("rule 70: If-Range lets the range count only for the same content") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  const std::string modified(bench.get(share.document).headers.get("Last-Modified"));
  const auto statusFor = [&](const std::string& condition) {
    return bench.get(share.document, {{"Range", "bytes=0-3"}, {"If-Range", condition}}).status;
  };
  CHECK(statusFor(etag) == 206);
  CHECK(statusFor(kNope) == 200);
  CHECK(statusFor("W/" + etag) == 200);
  CHECK(statusFor(modified) == 200);  // a second is too long to tell two contents apart
}

TEST_CASE("rule 70: Range is for GET alone") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.send("HEAD", share.document, {{"Range", "bytes=0-3"}}).status == 200);
  CHECK(bench.put(share.document, {{"Range", "bytes=0-3"}}).status == 204);
  CHECK(bench.get(share.document, {{"Range", "bytes=0-3"}, {"If-None-Match", "*"}}).status == 304);
}

TEST_CASE("rule 71: GET and HEAD of the collection answer 200") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.get(share.collection).status == 200);
  CHECK(bench.send("HEAD", share.collection).status == 200);
}

TEST_CASE("the collection says how the share stands, under a tag that changes with it") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response first = bench.get(share.collection);
  CHECK(first.headers.get("Content-Type") == "application/json");
  const std::string etag = bench.etagOf(share.document);
  CHECK(first.body == R"({"state":"open","expiration":"2026-11-22T12:00:00Z","etag":"\")" +
                          etag.substr(1, etag.size() - 2) + R"(\""})");
  const std::string tag(first.headers.get("ETag"));
  CHECK(davPropertyText(bench.propfind(share.collection).body, "getetag") == tag);
  CHECK(bench.get(share.collection, {{"If-None-Match", tag}}).status == 304);
  CHECK(bench.send("DELETE", share.collection, {{"If-Match", "\"stale\""}}).status == 412);
  CHECK(bench.put(share.document).status == 204);
  CHECK(bench.get(share.collection, {{"If-None-Match", tag}}).status == 200);

  const std::string next(bench.get(share.collection).headers.get("ETag"));
  const share::Outcome seen =
      bench.ask({"GET", share.collection, {{"If-None-Match", next}, {"Prefer", "wait=30"}}, {}});
  REQUIRE(seen.wait);
  CHECK(seen.wait->longest == std::chrono::seconds(30));
  CHECK(bench.send("DELETE", share.collection, {{"If-Match", next}}).status == 204);
}

TEST_CASE("rule 72: a share's URL may carry a query") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.get(share.document + "?v=c").status == 200);
  CHECK(bench.put(share.document + "?v=c").status == 204);
  CHECK(bench.propfind(share.collection + "?v=c").status == 207);
}

TEST_CASE("a GET with Prefer: wait may wait only for a share the reader has seen") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  const auto outcome = [&](Headers headers) {
    return bench.ask({"GET", share.document, std::move(headers), {}});
  };
  const share::Outcome seen = outcome({{"If-None-Match", etag}, {"Prefer", "wait=30"}});
  REQUIRE(seen.wait);
  CHECK(seen.wait->longest == std::chrono::seconds(30));
  CHECK(seen.response.status == 304);
  CHECK(seen.response.headers.get("Preference-Applied") == "wait=30");
  const share::Outcome clamped = outcome({{"If-None-Match", etag}, {"Prefer", "respond-async, wait=3600"}});
  REQUIRE(clamped.wait);
  CHECK(clamped.wait->longest == std::chrono::seconds(60));
  CHECK_FALSE(outcome({{"If-None-Match", kNope}, {"Prefer", "wait=30"}}).wait);
  CHECK_FALSE(outcome({{"Prefer", "wait=30"}}).wait);
  CHECK_FALSE(outcome({{"If-None-Match", etag}}).wait);
}

}  // namespace
}  // namespace tigress::dav
