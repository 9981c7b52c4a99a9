#include "server/share/target.h"

#include "tests/catch.h"

namespace tigress::share {
namespace {

using Kind = Target::Kind;

constexpr char kId[] = "2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55";

std::string inShare(const std::string& rest) {
  return "/v1/" + std::string(kId) + rest;
}

TEST_CASE("every path has one kind, found without looking anything up") {
  struct Row {
    std::string target;
    Kind kind;
  };
  const Row rows[] = {
      {"/", Kind::root},
      {"*", Kind::root},
      {"/v1", Kind::factory},
      {"/v1/", Kind::factory},
      {"/v1/share.json", Kind::newDocument},
      {"/v1/new/share.json", Kind::newDocument},
      {"/v1/2e8b1c1e/share.json", Kind::newDocument},
      {inShare(""), Kind::collection},
      {inShare("/"), Kind::collection},
      {inShare("/share.json"), Kind::document},
      {inShare("/other.json"), Kind::otherMember},
      {inShare("/SHARE.JSON"), Kind::otherMember},
      {inShare("/push"), Kind::otherMember},
      {inShare("/push/"), Kind::nowhere},
      {inShare("/push/" + std::string(kId)), Kind::registration},
      {inShare("/push/" + std::string(kId) + "/"), Kind::nowhere},
      {inShare("/push/banana"), Kind::nowhere},
      {"/v1/m/push/" + std::string(kId), Kind::nowhere},
      {"/v1/new/push/" + std::string(kId), Kind::nowhere},
      {inShare("/._share.json"), Kind::otherMember},
      {"/favicon.ico", Kind::file},
      {"/.well-known/assetlinks.json", Kind::file},
      {"/assets/page.css", Kind::file},
      {"/v2/", Kind::file},
      {"/V1/", Kind::file},
      {"/v1/new/", Kind::nowhere},
      {"/v1/new", Kind::nowhere},
      {"/v1/new/other.json", Kind::nowhere},
      {"/v1/m", Kind::mailboxes},
      {"/v1/m/", Kind::mailboxes},
      {"/v1/m/" + std::string(kId), Kind::mailbox},
      {"/v1/m/" + std::string(kId) + "/", Kind::nowhere},
      {"/v1/m/banana", Kind::nowhere},
      {"/v1/m/share.json", Kind::nowhere},
      {inShare("/share.json/"), Kind::nowhere},
      {inShare("/a/share.json"), Kind::nowhere},
      {inShare("x/share.json"), Kind::newDocument},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(parseTarget(row.target).kind == row.kind);
  }
}

TEST_CASE("an identifier has one spelling") {
  constexpr char kUpper[] = "2E8B1C1E-6f0a-4F83-9b3a-0d9a0c1f7a55";
  for (const std::string& path :
       {"/v1/" + std::string(kUpper), "/v1/" + std::string(kUpper) + "/",
        "/v1/" + std::string(kUpper) + "/share.json", "/v1/m/" + std::string(kUpper),
        "/v1/" + std::string(kUpper) + "/push/" + kId, inShare("/push/") + kUpper}) {
    CAPTURE(path);
    CHECK(parseTarget(path).kind == Kind::nowhere);
  }
  const Target target = parseTarget(inShare("/share.json"));
  CHECK(pathOf(target.id, Member::document) == inShare("/share.json"));
  CHECK(pathOf(target.id, Member::collection) == inShare("/"));
}

TEST_CASE("rule 108: a percent-encoded unreserved character is that character") {
  const Target target = parseTarget("/v%31/" + std::string(kId) + "/%73hare%2Ejson");
  CHECK(target.kind == Kind::document);
  CHECK(target.path == inShare("/share.json"));
}

TEST_CASE("rule 108: a bad percent sign is malformed") {
  for (const char* path : {"/v1/%", "/v1/%4", "/v1/%zz", "/v1/%%41", "/v1/%4g/share.json"}) {
    CAPTURE(path);
    CHECK(parseTarget(path).kind == Kind::malformed);
  }
}

TEST_CASE("rule 108: no second spelling of a path reaches anything") {
  for (const std::string& path : {
           inShare("/../") + kId + "/share.json",
           inShare("/./share.json"),
           inShare("//share.json"),
           "//v1/" + std::string(kId) + "/share.json",
           inShare("/x/../share.json"),
           inShare("/%2e%2e/share.json"),
           inShare("%2fshare.json"),
           inShare("/share.json%00"),
           inShare("/share.json%20"),
           inShare("/share.json%23x"),
           inShare("/share.json%3Fx"),
           inShare("/share.json%c3%bc"),
           inShare("/share.json#x"),
           inShare("/share.json?v=c#x"),
           inShare("/.."),
           std::string("/.."),
           std::string("/."),
           std::string("/v1/."),
       }) {
    CAPTURE(path);
    CHECK(parseTarget(path).kind == Kind::nowhere);
  }
}

TEST_CASE("what is no request target is malformed") {
  for (const std::string& target :
       {std::string(), std::string("v1/"), std::string("share.json"), std::string("ftp://host/v1/"),
        std::string("http://"), std::string("http:///v1/"), std::string("host:443"), std::string("**"),
        std::string("/v1/\x01"), std::string("/v1/ "), std::string("/v1/\xC3\xBC"), std::string("/v1\\x")}) {
    CAPTURE(target);
    CHECK(parseTarget(target).kind == Kind::malformed);
  }
}

TEST_CASE("the absolute form is its path, whatever the host") {
  CHECK(parseTarget("http://relay.example" + inShare("/share.json")).kind == Kind::document);
  CHECK(parseTarget("HTTPS://elsewhere.example:444" + inShare("/")).kind == Kind::collection);
  CHECK(parseTarget("http://relay.example").kind == Kind::root);
  CHECK(parseTarget("http://relay.example?v=c").kind == Kind::root);
}

TEST_CASE("the query is kept as it was sent and decides nothing") {
  const Target target = parseTarget(inShare("/share.json?v=c&x=%2e%zz/../"));
  CHECK(target.kind == Kind::document);
  CHECK(target.query == "v=c&x=%2e%zz/../");
  CHECK(target.path == inShare("/share.json"));
  CHECK(parseTarget("/?").query.empty());
}

TEST_CASE("a URI is split into host and path") {
  const auto split = splitUri("http://host:80/x?y");
  REQUIRE(split);
  CHECK(split->authority == "host:80");
  CHECK(split->pathAndQuery == "/x?y");
  const auto path = splitUri("/x");
  REQUIRE(path);
  CHECK(path->authority.empty());
  CHECK(path->pathAndQuery == "/x");
  for (const char* text : {"", "x", "urn:x", "ftp://host/", "http:/x", "http://", "http:///x"}) {
    CHECK_FALSE(splitUri(text));
  }
}

}  // namespace
}  // namespace tigress::share
