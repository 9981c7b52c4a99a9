#include "tigress/share_url.h"

#include <fstream>
#include <iterator>

#include "tests/catch.h"
#include "tigress/json.h"

using namespace tigress;

namespace {

constexpr auto kDocument = "https://relay.example/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";

Json linkVectors() {
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/share_links.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return *Json::parse(text);
}

}  // namespace

TEST_CASE("complete links of the vectors mean what the vectors say") {
  const Json vectors = linkVectors();
  for (const Json& vector : *vectors.find("complete")->array()) {
    INFO(*vector.findString("name"));
    const std::string& link = *vector.findString("link");
    const auto url = parseShareUrl(link);
    REQUIRE(url);
    CHECK(url->toString() == *vector.findString("url"));
    const auto fragment = repairFragment(fragmentOf(link));
    REQUIRE(fragment);
    CHECK(*fragment == *vector.findString("fragment"));
  }
}

TEST_CASE("links into folders of the vectors lead to servers that are no relays") {
  const Json vectors = linkVectors();
  for (const Json& vector : *vectors.find("folders")->array()) {
    INFO(*vector.findString("name"));
    const std::string& link = *vector.findString("link");
    const auto url = parseShareUrl(link);
    REQUIRE(url);
    CHECK(url->dialect == ShareUrl::Dialect::folder);
    CHECK(url->folder == *vector.findString("folder"));
    CHECK(url->toString() == *vector.findString("url"));
    CHECK(url->collection() + "share.json" == url->document());
    CHECK(*repairFragment(fragmentOf(link)) == *vector.findString("fragment"));
  }
}

TEST_CASE("refused links of the vectors have a wrong address or an incomplete secret") {
  const Json vectors = linkVectors();
  for (const Json& vector : *vectors.find("refused")->array()) {
    INFO(*vector.findString("name"));
    const std::string& link = *vector.findString("link");
    CHECK_FALSE((parseShareUrl(link) && repairFragment(fragmentOf(link))));
  }
}

TEST_CASE("an incomplete secret is called an incomplete link and is not quoted") {
  const auto fragment = repairFragment("AAECAwQFBgcICQoL");
  REQUIRE_FALSE(fragment);
  CHECK(fragment.error().detail.find("the link is incomplete") == 0);
  CHECK(fragment.error().detail.find("AAEC") == std::string::npos);
}

TEST_CASE("the address of a share leads to its document in either dialect") {
  auto url = *parseShareUrl("https://relay.example/v1/m/2bba630e-519b-41ec-bf63-0242ac130002?v=h");
  CHECK(url.dialect == ShareUrl::Dialect::mailbox);
  CHECK(url.vertical == Vertical::home);
  CHECK(url.document() == kDocument);
  url.dialect = ShareUrl::Dialect::webdav;
  CHECK(url.toString() == std::string(kDocument) + "?v=h");
}

TEST_CASE("an address never carries the fragment on") {
  const auto url = parseShareUrl(std::string(kDocument) + "?v=c#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
  REQUIRE(url);
  CHECK(url->toString() == std::string(kDocument) + "?v=c");
  CHECK(parseShareUrl(url->toString()));
}

TEST_CASE("every vertical has a letter that reads back") {
  for (const auto vertical : {Vertical::general, Vertical::home, Vertical::car}) {
    CHECK(verticalOf(std::string(1, letterOf(vertical))) == vertical);
  }
  CHECK(verticalOf("") == Vertical::general);
  CHECK(verticalOf("cc") == Vertical::general);
}

TEST_CASE("an origin has one spelling") {
  for (const char* url : {"https://relay.example", "https://RELAY.example/", "https://relay.example:443/v1/",
                          " https://relay.example/v1\n"}) {
    const auto origin = parseOrigin(url);
    REQUIRE(origin);
    CHECK(*origin == "https://relay.example");
  }
  CHECK(*parseOrigin("http://localhost:8080") == "http://localhost:8080");
  CHECK(*parseOrigin("https://[2001:db8::1]:8443") == "https://[2001:db8::1]:8443");
}

TEST_CASE("an origin is a relay's address and nothing more") {
  for (const char* url : {"relay.example", "https://relay.example/files", "https://relay.example/?x=1",
                          "https://", "http://relay.example", "https://a b.example",
                          "https://relay.example:0", "https://[::1", "https://user@relay.example"}) {
    INFO(url);
    CHECK_FALSE(parseOrigin(url));
  }
}

TEST_CASE("a place for shares is a relay, or a folder of a WebDAV server") {
  struct Row {
    const char* text;
    SharePlace place;
    const char* spelled;
  };
  const Row rows[] = {
      {"https://relay.example/v1/", {"https://relay.example"}, "https://relay.example"},
      {"dav+https://dav.example/shares",
       {"https://dav.example", "/shares/"},
       "dav+https://dav.example/shares/"},
      {" DAV+HTTPS://DAV.example:443/Shares/\n",
       {"https://dav.example", "/Shares/"},
       "dav+https://dav.example/Shares/"},
      {"dav+https://dav.example", {"https://dav.example", "/"}, "dav+https://dav.example/"},
      {"dav+https://anna@dav.example:8443/a/b/",
       {"https://dav.example:8443", "/a/b/", "anna"},
       "dav+https://anna@dav.example:8443/a/b/"},
      {"dav+https://anna%40example.org@dav.example/a/",
       {"https://dav.example", "/a/", "anna@example.org"},
       "dav+https://anna%40example.org@dav.example/a/"},
      {"dav+https://dav.example/Schl\xC3\xBCssel f\xC3\xBCr Ben/",
       {"https://dav.example", "/Schl%C3%BCssel%20f%C3%BCr%20Ben/"},
       "dav+https://dav.example/Schl%C3%BCssel%20f%C3%BCr%20Ben/"},
      {"dav+http://localhost:8080/a/", {"http://localhost:8080", "/a/"}, "dav+http://localhost:8080/a/"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto place = parsePlace(row.text);
    REQUIRE(place);
    CHECK(*place == row.place);
    CHECK(place->isRelay() == row.place.folder.empty());
    CHECK(place->toString() == row.spelled);
    CHECK(*parsePlace(place->toString()) == row.place);
  }
}

TEST_CASE("a place for shares is refused if links into it would mislead, or if it holds a password") {
  for (const char* text :
       {"dav+https://dav.example/v1/", "dav+https://dav.example/v2/shares/", "dav+https://dav.example/a//b/",
        "dav+https://dav.example/a/../b/", "dav+https://dav.example/%2e%2e/",
        "dav+https://dav.example/a/?x=1", "dav+https://dav.example/a/#x", "dav+http://dav.example/a/",
        "dav+ftp://dav.example/a/", "dav+", "dav+https://", "dav+https://@dav.example/",
        "dav+https://a%0D%0Ab@dav.example/", "dav+https://a%3Ab@dav.example/",
        "https://relay.example/shares/", "https://anna@relay.example/"}) {
    INFO(text);
    CHECK_FALSE(parsePlace(text));
  }
  const auto place = parsePlace("dav+https://anna:hush@dav.example/a/");
  REQUIRE_FALSE(place);
  CHECK(place.error().detail.find("password") != std::string::npos);
  CHECK(place.error().detail.find("hush") == std::string::npos);
}
