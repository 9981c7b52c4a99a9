#include "tests/server/dav/dav_bench.h"

// Making shares.

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;

std::string pathOfLocation(const Response& answer) {
  const std::string location(answer.headers.get("Location"));
  REQUIRE(startsWith(location, "https://relay.example/"));
  return location.substr(21);
}

TEST_CASE("rule 100: POST to the factory makes a share and says where") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const std::string target = GENERATE("/v1/", "/v1");
  const Response answer = bench.send("POST", target, {}, documentBody(7));
  CHECK(answer.status == 201);
  const std::string document = pathOfLocation(answer);
  const share::Target made = share::parseTarget(document);
  CHECK(made.kind == share::Target::Kind::document);
  CHECK(document == share::pathOf(made.id, share::Member::document));
  const Response read = bench.get(document);
  CHECK(read.status == 200);
  CHECK(read.body == documentBody(7));
  CHECK(answer.headers.get("ETag") == read.headers.get("ETag"));
  CHECK(answer.headers.get("Sunset") == read.headers.get("Sunset"));
}

TEST_CASE("a POST keeps what is for the relay to itself") {
  DavBench bench;
  const Response answer = bench.send(
      "POST", "/v1/", {},
      R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"mailboxConfiguration":{"expiration":)"
      R"("2026-11-21T13:00:00Z"},"notificationToken":{"type":"webpush","tokenData":"x"},"kept":1})");
  CHECK(answer.status == 201);
  CHECK(answer.headers.get("Sunset") == "Sat, 21 Nov 2026 13:00:00 GMT");
  const std::string body = bench.get(pathOfLocation(answer)).body;
  CHECK_THAT(body, Contains("\"kept\":1"));
  CHECK_THAT(body, !Contains("mailboxConfiguration") && !Contains("notificationToken"));
}

TEST_CASE("a POST of what is no share, or of one that would be over, answers 422") {
  DavBench bench;
  CHECK(bench.send("POST", "/v1/").status == 422);
  CHECK(bench.send("POST", "/v1/", {}, "banana").status == 422);
  CHECK(bench
            .send("POST", "/v1/", {},
                  R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},)"
                  R"("mailboxConfiguration":{"expiration":"2026-11-21T12:00:00Z"}})")
            .status == 422);
}

TEST_CASE("rule 101: the factory names itself as the add-member URI, but not in allprop") {
  DavBench bench;
  const std::string asked =
      bench
          .propfind(
              "/v1/", "0",
              R"(<D:propfind xmlns:D="DAV:"><D:prop><D:add-member/><D:supported-live-property-set/></D:prop></D:propfind>)")
          .body;
  CHECK_THAT(asked, Contains("<D:add-member><D:href>/v1/</D:href></D:add-member>"));
  CHECK_THAT(asked, Contains("<D:supported-live-property><D:prop><D:add-member/></D:prop>"));
  CHECK_THAT(bench.propfind("/v1/").body, !Contains("add-member"));
  const Place share = bench.makeShare();
  CHECK_THAT(bench
                 .propfind(share.collection, "0",
                           R"(<D:propfind xmlns:D="DAV:"><D:prop><D:add-member/></D:prop></D:propfind>)")
                 .body,
             Contains("404"));
}

TEST_CASE("rule 102: a name the client chose is refused with the URI that makes shares") {
  DavBench bench;
  const std::string condition =
      "<D:error "
      "xmlns:D=\"DAV:\"><D:allow-client-defined-uri><D:add-member><D:href>/v1/</D:href></D:add-member>"
      "</D:allow-client-defined-uri></D:error>";
  const Response put = bench.put(kUnknownShare + std::string("share.json"));
  CHECK(put.status == 409);
  CHECK_THAT(put.body, Contains(condition));
  const Response made = bench.send("MKCOL", kUnknownShare);
  CHECK(made.status == 403);
  CHECK_THAT(made.body, Contains(condition));
}

TEST_CASE("rule 103: a PUT that asks for a name is redirected to a place where nothing is yet") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const std::string target = GENERATE("/v1/new/share.json", "/v1/share.json", "/v1/not-a-uuid/share.json");
  const Response first = bench.put(target);
  const Response second = bench.put(target);
  CHECK(first.status == 307);
  CHECK(second.status == 307);
  const std::string document = pathOfLocation(first);
  CHECK(document != pathOfLocation(second));
  CHECK(bench.get(document).status == 404);
  CHECK(bench.put(document).status == 201);
  CHECK(bench.get(document).status == 200);
}

TEST_CASE("rule 103: the redirect needs no body") {
  DavBench bench;
  const auto outcome = bench.askHead({"PUT", "/v1/new/share.json", {{"Content-Length", "100"}}, {}});
  REQUIRE(outcome);
  CHECK(outcome->response.status == 307);
  CHECK(outcome->change);
}

TEST_CASE("a reservation lives for a minute, a share that came of it for a day") {
  DavBench bench;
  const Place late = bench.makeEmptyShare();
  const Place share = bench.makeEmptyShare();
  bench.now += std::chrono::seconds(59);
  CHECK(bench.put(share.document).status == 201);
  bench.now += std::chrono::seconds(1);
  CHECK(bench.put(late.document).status == 409);
  bench.now += std::chrono::hours(24) - std::chrono::seconds(2);
  CHECK(bench.put(share.document).status == 204);
  CHECK(bench.get(share.document).status == 200);
  // A replacement does not lengthen its life.
  bench.now += std::chrono::seconds(1);
  CHECK(bench.get(share.document).status == 404);
}

}  // namespace
}  // namespace tigress::dav
