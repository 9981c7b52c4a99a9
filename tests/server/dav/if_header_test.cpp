#include "server/dav/if_header.h"

#include <fstream>
#include <sstream>

#include "tests/server/dav/dav_bench.h"
#include "tigress/json.h"

// The If header: its grammar and truth from tests/vectors/if_header.json, and what it does to requests.

namespace tigress::dav {
namespace {

Json readVectors() {
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/if_header.json");
  std::ostringstream text;
  text << file.rdbuf();
  auto vectors = Json::parse(text.str());
  REQUIRE(vectors);
  return std::move(*vectors);
}

bool isTrue(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value && value->boolean() && *value->boolean();
}

IfHeader::Condition conditionFrom(const Json& vector) {
  IfHeader::Condition condition;
  condition.negated = isTrue(vector, "not");
  if (const std::string* token = vector.findString("token")) condition.token = *token;
  if (const std::string* tag = vector.findString("tag")) condition.tag = {*tag, isTrue(vector, "weak")};
  return condition;
}

bool isSame(const IfHeader::Condition& a, const IfHeader::Condition& b) {
  if (a.negated != b.negated || a.token != b.token || a.tag.has_value() != b.tag.has_value()) return false;
  return !a.tag || (a.tag->opaque == b.tag->opaque && a.tag->weak == b.tag->weak);
}

ResourceState stateFrom(const Json* vector) {
  ResourceState state;
  if (!vector) return state;
  if (const std::string* etag = vector->findString("etag")) state.etag = *etag;
  if (const Json* tokens = vector->find("tokens")) {
    for (const Json& token : *tokens->array()) state.lockTokens.insert(*token.string());
  }
  return state;
}

TEST_CASE("rule 43: every header the grammar derives is read as what it says, and holds when it should") {
  const Json vectors = readVectors();
  for (const Json& vector : *vectors.find("valid")->array()) {
    CAPTURE(*vector.findString("name"));
    const auto header = IfHeader::parse(*vector.findString("header"));
    REQUIRE(header);
    const Json::Array& lists = *vector.find("lists")->array();
    REQUIRE(header->lists.size() == lists.size());
    for (std::size_t i = 0; i < lists.size(); ++i) {
      CHECK(header->lists[i].resource == *lists[i].findString("resource"));
      const Json::Array& conditions = *lists[i].find("conditions")->array();
      REQUIRE(header->lists[i].conditions.size() == conditions.size());
      for (std::size_t k = 0; k < conditions.size(); ++k) {
        CHECK(isSame(header->lists[i].conditions[k], conditionFrom(conditions[k])));
      }
    }
    for (const Json& state : *vector.find("states")->array()) {
      CAPTURE(state.dump());
      const Json* resources = state.find("resources");
      const StateOf stateOf = [&](const std::string& resource) {
        return stateFrom(resources->find(resource));
      };
      CHECK(holds(*header, stateOf) == isTrue(state, "holds"));
    }
  }
}

TEST_CASE("rule 44: anything else answers 400 and changes nothing") {
  const Json vectors = readVectors();
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string etag = bench.etagOf(share.document);
  for (const Json& vector : *vectors.find("invalid")->array()) {
    CAPTURE(*vector.findString("name"));
    CHECK_FALSE(IfHeader::parse(*vector.findString("header")));
    CHECK(bench.put(share.document, {{"If", *vector.findString("header")}}).status == 400);
  }
  // Two If fields are no list of two (RFC 9110 section 5.3): the comma between them is no grammar.
  CHECK(bench.put(share.document, {{"If", tagListOf(etag)}, {"If", tagListOf(etag)}}).status == 400);
  CHECK(bench.etagOf(share.document) == etag);
}

// PUT of a document with an If header, and what is needed to write one.
struct PutBench : DavBench {
  Place share = makeShare();
  std::string etag = etagOf(share.document);

  // 204 means the condition held and the document got another tag.
  int putIf(const std::string& condition) {
    const int status = put(share.document, {{"If", condition}}).status;
    etag = etagOf(share.document);
    return status;
  }
};

TEST_CASE("rule 43: white space is free and needed nowhere") {
  PutBench bench;
  const std::string token = bench.takeLock(bench.share.document);
  CHECK(bench.putIf("(<" + token + ">[" + bench.etag + "])(Not<DAV:no-lock>)") == 204);
  CHECK(bench.putIf("  (  <" + token + ">\t[" + bench.etag + "] )  ") == 204);
}

TEST_CASE("rule 45: the conditions of a list must all hold, of the lists one must") {
  PutBench bench;
  const std::string token = bench.takeLock(bench.share.document);
  CHECK(bench.putIf("(<" + token + "> [\"nope\"])") == 412);
  CHECK(bench.putIf("([\"a\"]) ([\"b\"]) (<" + token + ">[" + bench.etag + "])") == 204);
  const std::string own = "<" + bench.share.document + "> ";
  const std::string collection = "<" + bench.share.collection + "> ";
  CHECK(bench.putIf(collection + "([\"a\"]) " + own + listOf(token)) == 204);
}

TEST_CASE("rule 46: Not turns one condition around") {
  PutBench bench;
  CHECK(bench.putIf("(Not [" + bench.etag + "])") == 412);
  CHECK(bench.putIf("(Not [\"nope\"])") == 204);
  CHECK(bench.putIf("(Not [\"nope\"] [" + bench.etag + "])") == 204);
  CHECK(bench.putIf("(Not [\"nope\"] [\"nope\"])") == 412);
}

TEST_CASE("rule 47: Not is a word in any case") {
  PutBench bench;
  CHECK(bench.putIf("(not <DAV:no-lock>)") == 204);
  CHECK(bench.putIf("(NOT <DAV:no-lock>)") == 204);
}

TEST_CASE("rule 48: DAV:no-lock never matches") {
  PutBench bench;
  CHECK(bench.putIf("(<DAV:no-lock>)") == 412);
  CHECK(bench.putIf("(Not <DAV:no-lock>)") == 204);
  bench.takeLock(bench.share.document);
  CHECK(bench.putIf("(<DAV:no-lock>)") == 412);
}

TEST_CASE("rule 49: a header that does not hold answers 412") {
  PutBench bench;
  CHECK(bench.putIf(tagListOf(kNope)) == 412);
  CHECK(bench.putIf(tagListOf(bench.etag)) == 204);
}

TEST_CASE("rule 50: a header that holds without the token of the lock answers 423, not 412") {
  PutBench bench;
  bench.takeLock(bench.share.document);
  CHECK(bench.putIf("(Not <DAV:no-lock>)") == 423);
  CHECK(bench.putIf(listOf(kForeignToken) + " (Not <DAV:no-lock>)") == 423);
  CHECK(bench.putIf(tagListOf(bench.etag)) == 423);
}

TEST_CASE("rule 51: a token is submitted wherever it stands") {
  PutBench bench;
  const std::string token = bench.takeLock(bench.share.document);
  CHECK(bench.putIf("(<" + token + "> [\"nope\"]) (Not <DAV:no-lock>)") == 204);
  CHECK(bench.putIf("(Not <" + token + ">) (Not <DAV:no-lock>)") == 204);
  const std::string own = "<" + bench.share.document + "> ";
  CHECK(bench.putIf("<" + bench.share.collection + "> " + listOf(token) + own + "(Not <DAV:no-lock>)") ==
        204);
}

TEST_CASE("rule 52: a header with a foreign token only answers 412") {
  PutBench bench;
  CHECK(bench.putIf(listOf(kForeignToken)) == 412);
  bench.takeLock(bench.share.document);
  CHECK(bench.putIf(listOf(kForeignToken)) == 412);
}

TEST_CASE("rule 53: a tag names a resource by absolute path or absolute URI, and its own state counts") {
  PutBench bench;
  SECTION("the document") {
    const std::string list = listOf(bench.takeLock(bench.share.document));
    CHECK(bench.putIf("<" + bench.share.document + "> " + list) == 204);
    CHECK(bench.putIf("<http://relay.example" + bench.share.document + "> " + list) == 204);
    // A proxy ended TLS: the tag has the scheme the client sees.
    CHECK(bench.putIf("<https://relay.example" + bench.share.document + "> " + list) == 204);
    CHECK(bench.putIf("<HTTP://RELAY.example" + bench.share.document + "?v=c> " + list) == 204);
    CHECK(bench.putIf("<" + bench.share.collection + "> " + list) == 412);
  }
  SECTION("the collection, with and without its slash") {
    const std::string list = listOf(bench.takeLock(bench.share.collection));
    const std::string bare = bench.share.collection.substr(0, bench.share.collection.size() - 1);
    CHECK(bench.putIf("<http://relay.example" + bench.share.collection + "> " + list) == 204);
    CHECK(bench.putIf("<" + bare + "> " + list) == 204);
    CHECK(bench.putIf("<" + bench.share.document + "> " + list) == 204);
    CHECK(bench.putIf("<" + bench.share.collection + "> " + listOf(kForeignToken)) == 412);
  }
  SECTION("another share") {
    const Place other = bench.makeShare();
    CHECK(bench.putIf("<" + other.document + "> " + tagListOf(bench.etagOf(other.document))) == 204);
    CHECK(bench.putIf("<" + other.document + "> " + tagListOf(bench.etag)) == 412);
  }
  SECTION("the host as the client calls it") {
    Headers headers = {
        {"Host", "localhost:8443"},
        {"If", "<http://localhost:8443" + bench.share.document + "> " + tagListOf(bench.etag)}};
    CHECK(bench.put(bench.share.document, headers).status == 204);
  }
}

TEST_CASE("rule 54: a resource that is not there, or not here, has no state") {
  PutBench bench;
  const std::string resource =
      GENERATE("", "http://elsewhere.example/v1/", "/v1/5f3b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/share.json",
               "/specs/rfc2518.doc", "/v1/../secret", "urn:x:y");
  const std::string tag = "<" + (resource.empty() ? bench.share.sibling : resource) + "> ";
  CHECK(bench.putIf(tag + "([\"4217\"])") == 412);
  CHECK(bench.putIf(tag + "(<" + kForeignToken + ">)") == 412);
  CHECK(bench.putIf(tag + "(Not [\"4217\"])") == 204);
}

TEST_CASE("rule 54: our path under another host is not ours") {
  PutBench bench;
  const std::string tag = "<http://elsewhere.example" + bench.share.document + "> ";
  CHECK(bench.putIf(tag + tagListOf(bench.etag)) == 412);
  CHECK(bench.putIf(tag + "(Not [" + bench.etag + "])") == 204);
}

TEST_CASE("rule 54: a share that has expired has no state") {
  PutBench bench;
  const std::string old = bench.etag;
  const std::string document = bench.share.document;
  bench.now += std::chrono::hours(24);
  bench.share = bench.makeShare();
  CHECK(bench.putIf("<" + document + "> " + tagListOf(old)) == 412);
  CHECK(bench.putIf("<" + document + "> (Not [" + old + "])") == 204);
}

TEST_CASE("rule 55: an entity tag is a quoted string, whatever it holds") {
  PutBench bench;
  CHECK(bench.putIf("([\"a] b) (c\"]) ([" + bench.etag + "])") == 204);
  // Strong comparison: a weak tag never matches.
  CHECK(bench.putIf("([W/" + bench.etag + "])") == 412);
  CHECK(bench.putIf("(Not [W/" + bench.etag + "])") == 204);
}

TEST_CASE("rule 56: If is a condition for every method") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string token = bench.takeLock(share.document);
  const Headers headers = {{"If", tagListOf(kNope)}, {"Lock-Token", "<" + token + ">"}, {"Depth", "0"}};
  const std::string update =
      R"(<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:a/></D:prop></D:set></D:propertyupdate>)";
  CHECK(bench.get(share.document, headers).status == 412);
  CHECK(bench.get(share.collection, headers).status == 412);
  CHECK(bench.send("HEAD", share.document, headers).status == 412);
  CHECK(bench.send("PROPFIND", share.document, headers).status == 412);
  CHECK(bench.send("PROPFIND", share.collection, headers).status == 412);
  CHECK(bench.send("PROPFIND", "/v1/", headers).status == 412);
  CHECK(bench.send("PROPPATCH", share.document, headers, update).status == 412);
  CHECK(bench.put(share.document, headers).status == 412);
  CHECK(bench.send("DELETE", share.document, {{"If", tagListOf(kNope)}}).status == 412);
  CHECK(bench.send("DELETE", share.collection, {{"If", tagListOf(kNope)}}).status == 412);
  CHECK(bench.lock(share.document, headers).status == 412);
  CHECK(bench.send("UNLOCK", share.document, headers).status == 412);
  CHECK(bench.send("POST", "/v1/", headers, documentBody(1)).status == 412);
  CHECK(bench.tokensOn(share.document).size() == 1);
}

TEST_CASE("rule 56: If is a condition for MKCOL, too") {
  DavBench bench(share::Identifiers::any);
  CHECK(bench.send("MKCOL", kUnknownShare, {{"If", tagListOf(kNope)}}).status == 412);
  CHECK(bench.get(kUnknownShare).status == 404);
}

TEST_CASE("rule 57: without a condition nothing answers 412") {
  DavBench bench;
  const Place share = bench.makeShare();
  bench.takeLock(share.document);
  for (const std::string& target : {share.document, share.collection, share.sibling, std::string("/v1/")}) {
    for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE", "PROPFIND", "PROPPATCH", "LOCK",
                               "UNLOCK", "OPTIONS", "MKCOL", "COPY", "MOVE"}) {
      CAPTURE(method, target);
      CHECK(bench.send(method, target).status != 412);
    }
  }
}

TEST_CASE("rule 58: If and If-Match must both hold") {
  PutBench bench;
  const std::string list = listOf(bench.takeLock(bench.share.document));
  CHECK(bench.put(bench.share.document, {{"If", list}, {"If-Match", kNope}}).status == 412);
  CHECK(bench.put(bench.share.document, {{"If", tagListOf(kNope)}, {"If-Match", bench.etag}}).status == 412);
  CHECK(bench.put(bench.share.document, {{"If", list}, {"If-Match", bench.etag}}).status == 204);
}

TEST_CASE("rule 59: a long header is only long") {
  PutBench bench;
  std::string lists;
  for (int i = 0; i < 300; ++i) lists += "([\"x" + std::to_string(i) + "\"]) ";
  CHECK(bench.putIf(lists) == 412);
  CHECK(bench.putIf(lists + tagListOf(bench.etag)) == 204);
}

}  // namespace
}  // namespace tigress::dav
