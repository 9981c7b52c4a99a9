#include "tests/server/dav/dav_bench.h"

// PUT, DELETE, OPTIONS and the methods that are not for a share.

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("rule 73: PUT answers 201 when it makes the document and 204 when it replaces it") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeEmptyShare();
  CHECK(bench.put(share.document).status == 201);
  CHECK(bench.put(share.document).status == 204);
}

TEST_CASE("rule 74: PUT where no collection is answers 409 and says where shares are made") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Response answer = bench.put(kUnknownShare + std::string("share.json"));
  CHECK(answer.status == 409);
  CHECK_THAT(answer.body, Contains("<D:allow-client-defined-uri><D:add-member><D:href>/v1/</D:href>"));
  CHECK(bench.get(kUnknownShare + std::string("share.json")).status == 404);
}

TEST_CASE("rule 75: PUT on the collection answers 405") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.put(share.collection);
  CHECK(answer.status == 405);
  CHECK_THAT(std::string(answer.headers.get("Allow")), !Contains("PUT"));
}

TEST_CASE("rule 76: a PUT with Content-Range answers 400 and changes nothing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  CHECK(bench.put(share.document, {{"Content-Range", "bytes 0-3/165"}}).status == 400);
  CHECK(bench.etagOf(share.document) == etag);
}

TEST_CASE("rule 77: PUT takes an empty body and any Content-Type") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.send("PUT", share.document).status == 204);
  CHECK(bench.get(share.document).body.empty());
  for (const char* type : {"application/octet-stream", "application/json", "text/plain"}) {
    CHECK(bench.put(share.document, {{"Content-Type", type}}).status == 204);
  }
  CHECK(bench.put(share.document).status == 204);
}

TEST_CASE("a PUT of what is no share.json answers 422 and changes nothing") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  for (const char* body :
       {"banana", "{}", "[]", R"({"payload":{"type":"ROT13","data":"AAAA"}})",
        R"({"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"notificationToken":{}})"}) {
    CAPTURE(body);
    CHECK(bench.send("PUT", share.document, {}, body).status == 422);
  }
  CHECK(bench.etagOf(share.document) == etag);
}

TEST_CASE("rule 78: after DELETE nothing is there any more") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  CHECK(bench.send("DELETE", share.document).status == 204);
  CHECK(bench.get(share.document).status == 404);
  CHECK(bench.send("HEAD", share.document).status == 404);
  CHECK(bench.propfind(share.document).status == 404);
  CHECK(bench.send("DELETE", share.document).status == 404);
  // Where the relay names shares, a share is its document: the collection goes with it.
  const bool stays = identifiers == share::Identifiers::any;
  CHECK(bench.propfind(share.collection).status == (stays ? 207 : 404));
  CHECK(bench.put(share.document).status == (stays ? 201 : 409));
}

TEST_CASE("rule 79: a collection is deleted as a whole, and Depth means nothing at the document") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  for (const char* depth : {"0", "1", "banana"}) {
    CHECK(bench.send("DELETE", share.collection, {{"Depth", depth}}).status == 400);
  }
  CHECK(bench.get(share.document).status == 200);
  CHECK(bench.send("DELETE", share.collection, {{"Depth", "infinity"}}).status == 204);
  CHECK(bench.get(share.collection).status == 404);
  CHECK(bench.get(share.document).status == 404);

  const Place other = bench.makeShare();
  CHECK(bench.send("DELETE", other.document, {{"Depth", "0"}}).status == 204);
}

TEST_CASE("rule 80: a body that would be ignored is refused with 415") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const Headers headers = {{"If", listOf(token)}, {"Lock-Token", "<" + token + ">"}};
  CHECK(bench.send("DELETE", share.document, headers, lockInfo()).status == 415);
  CHECK(bench.send("UNLOCK", share.document, headers, lockInfo()).status == 415);
  CHECK(bench.tokensOn(share.document).size() == 1);
  if (identifiers == share::Identifiers::any) {
    CHECK(bench.send("MKCOL", kUnknownShare, {}, lockInfo()).status == 415);
    CHECK(bench.get(kUnknownShare).status == 404);
  }
}

TEST_CASE("rule 81: OPTIONS announces classes 1 and 2 and what can be done") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response document = bench.send("OPTIONS", share.document);
  CHECK(document.status == 200);
  CHECK(document.headers.get("DAV") == "1, 2");
  CHECK(document.headers.get("MS-Author-Via") == "DAV");
  CHECK(document.headers.get("Allow") ==
        "OPTIONS, GET, HEAD, POST, PUT, DELETE, PROPFIND, PROPPATCH, LOCK, UNLOCK");
  const Response collection = bench.send("OPTIONS", share.collection);
  CHECK(collection.headers.get("DAV") == "1, 2");
  CHECK(collection.headers.get("Allow") ==
        "OPTIONS, GET, HEAD, POST, DELETE, PROPFIND, PROPPATCH, LOCK, UNLOCK");
  CHECK(bench.send("OPTIONS", "/v1/").headers.get("Allow") == "OPTIONS, POST, PROPFIND");
  CHECK(bench.send("OPTIONS", "*").status == 200);
  const Response outside = bench.send("OPTIONS", "/nowhere");
  CHECK(outside.status == 404);
  CHECK_FALSE(outside.headers.has("DAV"));
}

TEST_CASE("OPTIONS does not tell whether a share exists") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response there = bench.send("OPTIONS", share.document);
  const Response nowhere = bench.send("OPTIONS", kUnknownShare + std::string("share.json"));
  CHECK(there.status == nowhere.status);
  CHECK(there.headers.get("Allow") == nowhere.headers.get("Allow"));
}

TEST_CASE("rule 82: a 405 says what is allowed, and that is not what was refused") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  const Place share = bench.makeShare();
  const auto isNotAllowed = [&](const std::string& method, const std::string& target) {
    CAPTURE(method, target);
    const Response answer = bench.send(method, target);
    CHECK(answer.status == 405);
    const std::string allow(answer.headers.get("Allow"));
    CHECK_FALSE(allow.empty());
    for (const std::string_view name : split(allow, ',')) CHECK(name != method);
  };
  for (const char* method : {"PATCH", "COPY", "MOVE"}) {
    isNotAllowed(method, share.document);
    isNotAllowed(method, share.collection);
    isNotAllowed(method, "/v1/");
  }
  isNotAllowed("PUT", share.collection);
  isNotAllowed("MKCOL", share.document);
  isNotAllowed("LOCK", "/v1/");
  isNotAllowed("DELETE", "/v1/");
  isNotAllowed("PUT", "/v1/");
  isNotAllowed("GET", "/v1/");
  isNotAllowed("DELETE", "/");
  if (bench.rules.identifiers == share::Identifiers::any) isNotAllowed("MKCOL", share.collection);
}

TEST_CASE("rule 82: a method nobody knows answers 501") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.send("BREW", share.document).status == 501);
  CHECK(bench.send("get", share.document).status == 501);
}

TEST_CASE("rule 83: COPY, MOVE, PROPPATCH and MKCOL change nothing") {
  const share::Identifiers identifiers = GENERATE(share::Identifiers::server, share::Identifiers::any);
  DavBench bench(identifiers);
  const Place share = bench.makeShare();
  const Place other = bench.makeShare();
  const Response before = bench.get(share.document);
  const Headers headers = {{"Destination", "https://relay.example" + share.document}, {"Overwrite", "T"}};
  CHECK(bench.send("COPY", other.document, headers).status == 405);
  CHECK(bench.send("MOVE", other.document, headers).status == 405);
  CHECK(bench.send("COPY", other.sibling, headers).status == 403);
  CHECK(bench.send("MKCOL", share.sibling).status == 403);
  CHECK(bench.send("MKCOL", "/v1/").status == 405);
  const Response patched = bench.send(
      "PROPPATCH", share.document, {},
      R"(<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:a xmlns:x="urn:x">1</x:a></D:prop></D:set>)"
      R"(<D:remove><D:prop><D:displayname/></D:prop></D:remove></D:propertyupdate>)");
  CHECK(patched.status == 207);
  CHECK_THAT(
      patched.body,
      Contains(R"(<D:prop><x:a xmlns:x="urn:x"/><D:displayname/></D:prop><D:status>HTTP/1.1 403 Forbidden)"
               R"(</D:status><D:error><D:cannot-modify-protected-property/></D:error>)"));
  if (identifiers == share::Identifiers::server) {
    const Response made = bench.send("MKCOL", kUnknownShare);
    CHECK(made.status == 403);
    CHECK_THAT(made.body, Contains("<D:allow-client-defined-uri>"));
    CHECK(bench.get(kUnknownShare).status == 404);
  }
  const Response after = bench.get(share.document);
  CHECK(after.body == before.body);
  CHECK(after.headers.get("ETag") == before.headers.get("ETag"));
}

TEST_CASE("rule 83: a PROPPATCH that is broken or asks for nothing answers 4xx") {
  DavBench bench;
  const Place share = bench.makeShare();
  CHECK(bench.send("PROPPATCH", share.document, {}, "banana").status == 400);
  CHECK(bench.send("PROPPATCH", share.document).status == 400);
  CHECK(bench.send("PROPPATCH", share.document, {}, R"(<D:propertyupdate xmlns:D="DAV:"/>)").status == 400);
  CHECK(bench.send("PROPPATCH", share.document, {}, lockInfo()).status == 422);
  CHECK(bench.send("PROPPATCH", kUnknownShare, {}, "banana").status == 404);
}

TEST_CASE("MKCOL makes a share's collection where clients name shares") {
  DavBench bench(share::Identifiers::any);
  const Place share = Place::of(kUnknownShare);
  CHECK(bench.send("MKCOL", share.collection).status == 201);
  CHECK(bench.propfind(share.collection).status == 207);
  CHECK(bench.get(share.document).status == 404);
  CHECK(bench.put(share.document).status == 201);
  CHECK(bench.send("MKCOL", share.collection).status == 405);
}

TEST_CASE("MKCOL takes the place of a share that has expired, before any cleanup") {
  DavBench bench(share::Identifiers::any);
  const Place share = Place::of(kUnknownShare);
  REQUIRE(bench.send("MKCOL", share.collection).status == 201);
  bench.now += bench.rules.lifetimes.share;
  CHECK(bench.propfind(share.collection).status == 404);
  CHECK(bench.send("MKCOL", share.collection).status == 201);
  CHECK(bench.propfind(share.collection).status == 207);
}

TEST_CASE("MKCOL is refused where the receipt of a creation lies") {
  DavBench bench(share::Identifiers::any);
  share::Share receipt;
  receipt.id = *Uuid::parse(std::string_view(kUnknownShare).substr(4, 36));
  receipt.stage = share::Stage::receipt;
  receipt.expires = bench.now + std::chrono::hours(1);
  REQUIRE(bench.commit(share::Change::write(receipt)));
  CHECK(bench.send("MKCOL", kUnknownShare).status == 405);
}

}  // namespace
}  // namespace tigress::dav
