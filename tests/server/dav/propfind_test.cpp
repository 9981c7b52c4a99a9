#include <chrono>

#include "tests/server/dav/dav_bench.h"

namespace tigress::dav {
namespace {

using Catch::Matchers::Contains;

std::string propBody(const std::string& names) {
  return R"(<D:propfind xmlns:D="DAV:"><D:prop>)" + names + "</D:prop></D:propfind>";
}

std::size_t countOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("rule 84: the answer is a multistatus with each resource and each property once") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.propfind(share.collection, "1",
                                         propBody("<D:getcontentlength/><D:getcontentlength/><D:x/><D:x/>"));
  CHECK(answer.status == 207);
  CHECK(answer.headers.get("Content-Type") == "application/xml; charset=\"utf-8\"");
  CHECK_THAT(answer.body,
             Contains("<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>" + share.collection +
                      "</D:href><D:propstat><D:prop><D:getcontentlength/><D:x/></D:prop><D:status>HTTP/1.1 "
                      "404 Not Found</D:status></D:propstat></D:response>"));
  CHECK(countOf(answer.body, "<D:response>") == 2);
  CHECK(countOf(answer.body, "<D:href>") == 2);
  CHECK(countOf(answer.body, "<D:getcontentlength>") == 1);
  CHECK(countOf(answer.body, "<D:x/>") == 2);
  CHECK_THAT(answer.body, Contains("<D:status>HTTP/1.1 200 OK</D:status>"));
}

TEST_CASE("rule 85: a property that is not there is named in a 404, in its own namespace") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response answer = bench.propfind(
      share.document, "0",
      propBody(R"(<x:nope xmlns:x="urn:a&amp;b"/><bare xmlns=""/><other xmlns="urn:&quot;&lt;q"/>)"
               R"(<getetag xmlns="urn:not-dav"/>)"));
  CHECK(answer.status == 207);
  CHECK_THAT(answer.body, Contains(R"(<x:nope xmlns:x="urn:a&amp;b"/>)"));
  CHECK_THAT(answer.body, Contains("<bare/>"));
  CHECK_THAT(answer.body, Contains(R"(<x:other xmlns:x="urn:&quot;&lt;q"/>)"));
  CHECK_THAT(answer.body, Contains(R"(<x:getetag xmlns:x="urn:not-dav"/>)"));
  CHECK_THAT(answer.body, !Contains("200 OK"));
}

TEST_CASE("rule 86: the properties of a document are what GET says") {
  DavBench bench;
  const Place share = bench.makeShare();
  const Response get = bench.get(share.document);
  const std::string found = bench.propfind(share.document).body;
  CHECK(davPropertyText(found, "getetag") == std::string(get.headers.get("ETag")));
  CHECK(davPropertyText(found, "getcontenttype") == std::string(get.headers.get("Content-Type")));
  CHECK(davPropertyText(found, "getlastmodified") == std::string(get.headers.get("Last-Modified")));
  CHECK(davPropertyText(found, "getcontentlength") == std::to_string(get.body.size()));
  CHECK(davPropertyText(found, "creationdate") == "2026-11-21T12:00:00Z");
  CHECK(davPropertyText(found, "displayname") == "share.json");
  CHECK_THAT(found, Contains("<D:resourcetype/>"));
  CHECK_THAT(bench.propfind(share.collection).body,
             Contains("<D:resourcetype><D:collection/></D:resourcetype>"));
}

TEST_CASE("rule 86: creationdate stays when the document changes, getlastmodified does not") {
  DavBench bench;
  const Place share = bench.makeShare();
  bench.now += std::chrono::minutes(1);
  CHECK(bench.put(share.document).status == 204);
  const std::string found = bench.propfind(share.document).body;
  CHECK(davPropertyText(found, "creationdate") == "2026-11-21T12:00:00Z");
  CHECK(davPropertyText(found, "getlastmodified") == "Sat, 21 Nov 2026 12:01:00 GMT");
}

TEST_CASE("rule 87: supportedlock and lockdiscovery are on everything that can be locked") {
  DavBench bench;
  const Place share = bench.makeShare();
  for (const std::string& target : {share.document, share.collection}) {
    const std::string found =
        bench.propfind(target, "0", propBody("<D:supportedlock/><D:lockdiscovery/>")).body;
    CHECK_THAT(found, Contains("<D:lockdiscovery/>"));
    CHECK_THAT(found,
               Contains("<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>"));
    CHECK_THAT(found, Contains("<D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/>"));
    CHECK_THAT(found, !Contains("404"));
  }
}

TEST_CASE("rule 88: Depth is 0 or 1; infinity is refused with the reason; anything else is malformed") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string document = "<D:href>" + share.document + "</D:href>";
  CHECK_THAT(bench.propfind(share.collection, "0").body, !Contains(document));
  CHECK_THAT(bench.propfind(share.collection, "1").body, Contains(document));
  for (const char* depth : {"infinity", "Infinity"}) {
    const Response answer = bench.propfind(share.collection, depth);
    CHECK(answer.status == 403);
    CHECK_THAT(answer.body, Contains(davError("propfind-finite-depth")));
  }
  CHECK(bench.send("PROPFIND", share.collection).status == 403);
  CHECK(bench.propfind(share.collection, "2").status == 400);
  CHECK(bench.propfind(share.collection, "").status == 400);
  CHECK(bench.propfind(share.document, "2").status == 207);
  CHECK(bench.propfind(share.document, "infinity").status == 207);
  CHECK(bench.send("PROPFIND", share.document).status == 207);
}

TEST_CASE("rule 88: a collection whose document is not there yet has no member") {
  DavBench bench(share::Identifiers::any);
  const Place share = bench.makeEmptyShare();
  CHECK(countOf(bench.propfind(share.collection, "1").body, "<D:response>") == 1);
  CHECK(bench.propfind(share.document).status == 404);
}

TEST_CASE("a reservation shows nothing") {
  DavBench bench;
  const Place share = bench.makeEmptyShare();
  CHECK(bench.propfind(share.collection, "1").status == 404);
  CHECK(bench.propfind(share.document).status == 404);
  CHECK(bench.get(share.collection).status == 404);
}

TEST_CASE("rule 89: a PROPFIND without a body asks for all properties") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string body = GENERATE("", R"(<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>)");
  const std::string found = bench.propfind(share.document, "0", body).body;
  for (const char* name : {"creationdate", "displayname", "getcontentlength", "getcontenttype", "getetag",
                           "getlastmodified", "lockdiscovery", "resourcetype", "supportedlock"}) {
    CHECK_THAT(found, Contains("<D:" + std::string(name)));
  }
  CHECK_THAT(found, !Contains("404"));
  CHECK_THAT(found, !Contains("supported-live-property-set"));
}

TEST_CASE("rule 90: include adds to allprop, propname gives names without values") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string included =
      bench
          .propfind(share.document, "0",
                    R"(<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:supported-live-property-set/>)"
                    R"(<D:getetag/><D:nope/></D:include></D:propfind>)")
          .body;
  CHECK(countOf(included, "<D:getetag>") == 1);
  CHECK_THAT(included, Contains("<D:supported-live-property-set><D:supported-live-property>"));
  CHECK_THAT(included, Contains("<D:prop><D:nope/></D:prop><D:status>HTTP/1.1 404"));

  const std::string names =
      bench.propfind(share.document, "0", R"(<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>)").body;
  for (const char* name : {"creationdate", "getetag", "lockdiscovery", "resourcetype", "supportedlock"}) {
    CHECK_THAT(names, Contains("<D:" + std::string(name) + "/>"));
  }
  CHECK_THAT(names, !Contains("2026"));
}

TEST_CASE("rule 91: XML that is not well-formed, or whose namespaces are broken, answers 400") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string begin = R"(<D:propfind xmlns:D="DAV:">)";
  const std::string end = "</D:propfind>";
  const auto statusOf = [&](const std::string& body) {
    return bench.propfind(share.document, "0", body).status;
  };
  for (const std::string& body : {
           std::string("banana"),
           std::string(" "),
           std::string("<foo>"),
           begin + "<D:allprop/>",
           begin + "<D:allprop></D:propfind></D:allprop>",
           begin + "<D:allprop/>" + end + "<D:again xmlns:D=\"DAV:\"/>",
           begin + "<D:allprop/>" + end + "text",
           "text" + begin + "<D:allprop/>" + end,
           begin + "<D:prop><bar:foo xmlns:bar=\"\"/></D:prop>" + end,
           begin + "<D:prop><bar:foo/></D:prop>" + end,
           begin + "<D:prop><a bar:b=\"c\"/></D:prop>" + end,
           begin + "<D:prop><a:b:c xmlns:a=\"urn:a\"/></D:prop>" + end,
           begin + "<D:prop><:a/></D:prop>" + end,
           begin + "<D:prop><a: xmlns:a=\"urn:a\"/></D:prop>" + end,
           begin + "<D:prop><a b=\"1\" b=\"2\"/></D:prop>" + end,
           begin + "<D:prop><a x:b=\"1\" y:b=\"2\" xmlns:x=\"urn:x\" xmlns:y=\"urn:x\"/></D:prop>" + end,
           begin + "<D:prop><a b=c/></D:prop>" + end,
           begin + "<D:prop><xmlns:a/></D:prop>" + end,
           begin + "<D:prop xmlns:xmlns=\"urn:x\"/>" + end,
           begin + "<D:prop xmlns:xml=\"urn:x\"/>" + end,
           begin + "<D:prop><a b=\"\x02\"/></D:prop>" + end,
           begin + "<D:prop><a>\xFF</a></D:prop>" + end,
           begin + "<D:allprop/>" + end + std::string(1, '\0') + "junk",
           " <?xml version=\"1.0\"?>" + begin + "<D:allprop/>" + end,
       }) {
    CAPTURE(body);
    CHECK(statusOf(body) == 400);
  }
}

TEST_CASE("rule 91: what only a careless parser takes for well-formed answers 400, too") {
  DavBench bench;
  const Place share = bench.makeShare();
  const auto statusOf = [&](const std::string& inner) {
    return bench.propfind(share.document, "0", propBody(inner)).status;
  };
  CHECK(statusOf("<a>&nosuch;</a>") == 400);
  CHECK(statusOf("<a b=\"&nosuch;\"/>") == 400);
  CHECK(statusOf("<a>fish & chips</a>") == 400);
  CHECK(statusOf("<a b=\"fish & chips\"/>") == 400);
  CHECK(statusOf("<a>&#0;</a>") == 400);
  CHECK(statusOf("<a>&#1;</a>") == 400);
  CHECK(statusOf("<a>&#xD800;</a>") == 400);
  CHECK(statusOf("<a>&#x110000;</a>") == 400);
  CHECK(statusOf("<a>&#;</a>") == 400);
  CHECK(statusOf("<a>&amp</a>") == 400);
  CHECK(statusOf("<a b=\"<\"/>") == 400);
  CHECK(statusOf("<a>]]></a>") == 400);
  CHECK(statusOf("<!-- a -- b -->") == 400);
  CHECK(statusOf("<!-- a --->") == 400);
  CHECK(statusOf("<?xml version=\"1.0\"?>") == 400);
  CHECK(statusOf("<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;<![CDATA[& <]]></a><!-- & < - -->") == 207);
  CHECK(statusOf("<a b=\"&amp;&lt;&gt;&#10;>\" c='\"'/><?pi & <?>") == 207);
}

TEST_CASE("rule 92: exactly one question, whatever else stands around it") {
  DavBench bench;
  const Place share = bench.makeShare();
  const auto statusOf = [&](const std::string& inner) {
    return bench
        .propfind(share.document, "0",
                  R"(<D:propfind xmlns:D="DAV:" xmlns:e="urn:e">)" + inner + "</D:propfind>")
        .status;
  };
  CHECK(statusOf("<D:allprop/><D:propname/>") == 400);
  CHECK(statusOf("<D:allprop/><D:prop><D:getetag/></D:prop>") == 400);
  CHECK(statusOf("<D:prop/><D:prop/>") == 400);
  CHECK(statusOf("<D:propname/><D:include><D:getetag/></D:include>") == 400);
  CHECK(statusOf("<D:include><D:getetag/></D:include>") == 400);
  CHECK(statusOf("") == 400);
  CHECK(statusOf("<e:allprop/>") == 400);
  CHECK(statusOf("<e:x><D:allprop/></e:x><D:propname/>") == 207);
  CHECK(statusOf("<?pi?><!-- <D:allprop/> --><e:y/><D:prop e:a=\"b\"><D:getetag/></D:prop>text") == 207);
  CHECK(statusOf("<D:include><D:getetag/></D:include><D:allprop/>") == 207);
  CHECK(statusOf("<D:prop/>") == 207);
  CHECK(bench.propfind(share.document, "0", lockInfo()).status == 422);
  CHECK(bench.propfind(share.document, "0", "<propfind><allprop/></propfind>").status == 422);
}

TEST_CASE("rule 93: a body may be UTF-16 and of any Content-Type") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string ascii = propBody("<D:getetag/>");
  std::string big = "\xFE\xFF";
  std::string little = "\xFF\xFE";
  for (const char c : ascii) {
    big += std::string(1, '\0') + c;
    little += c + std::string(1, '\0');
  }
  for (const std::string& body : {ascii, "\xEF\xBB\xBF" + ascii, big, little}) {
    const Response answer = bench.propfind(share.document, "0", body);
    CHECK(answer.status == 207);
    CHECK(davPropertyText(answer.body, "getetag") == bench.etagOf(share.document));
  }
  for (const char* type : {"text/xml", "application/xml", "text/plain;charset=UTF-8"}) {
    CHECK(bench.send("PROPFIND", share.document, {{"Content-Type", type}}, ascii).status == 207);
  }
}

TEST_CASE("rule 94: document types are refused, bombs and towers end at once") {
  DavBench bench;
  const Place share = bench.makeShare();
  // Expanded, or walked by recursion, any of these would end the test program.
  SECTION("an external entity") {
    const Response answer =
        bench.propfind(share.document, "0",
                       R"(<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>)" + propBody("<a>&x;</a>"));
    CHECK(answer.status == 403);
    CHECK_THAT(answer.body, Contains(davError("no-external-entities")));
  }
  SECTION("an entity bomb") {
    std::string bomb = "<!DOCTYPE p [<!ENTITY a0 \"ha\">";
    for (int i = 1; i < 30; ++i) {
      const std::string before = "&a" + std::to_string(i - 1) + ";";
      bomb += "<!ENTITY a" + std::to_string(i) + " \"" + before + before + "\">";
    }
    CHECK(bench.propfind(share.document, "0", bomb + "]>" + propBody("<a>&a29;</a>")).status == 403);
  }
  SECTION("deep nesting") {
    std::string tower;
    for (int i = 0; i < 10000; ++i) tower += "<a>";
    CHECK(bench.propfind(share.document, "0", propBody(tower)).status == 400);
    for (int i = 0; i < 10000; ++i) tower += "</a>";
    CHECK(bench.propfind(share.document, "0", propBody(tower)).status == 400);
    CHECK(bench.lock(share.document, {}, lockInfo("exclusive", "<D:owner>" + tower + "</D:owner>")).status ==
          400);
  }
  SECTION("very many names") {
    std::string names;
    for (int i = 0; names.size() < 400000; ++i) names += "<a" + std::to_string(i) + "/>";
    CHECK(bench.propfind(share.document, "0", propBody(names)).status == 422);
  }
  SECTION("names that would each repeat a long namespace") {
    std::string names;
    while (names.size() < 30000) names += "<n:a" + std::to_string(names.size()) + "/>";
    const std::string body = R"(<D:propfind xmlns:D="DAV:" xmlns:n=")" + std::string(32000, 'n') +
                             R"("><D:prop>)" + names + "</D:prop></D:propfind>";
    CHECK(bench.propfind(share.document, "0", body).status == 422);
  }
  SECTION("very many attributes over very many elements") {
    std::string attributes;
    for (int i = 0; i < 20000; ++i) attributes += " a" + std::to_string(i) + "=''";
    std::string children;
    for (int i = 0; i < 50000; ++i) children += "<a/>";
    CHECK(bench.propfind(share.document, "0", propBody("<a" + attributes + ">" + children + "</a>")).status ==
          400);
  }
}

TEST_CASE("rule 95: references are absolute paths under the request's, collections with a slash") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string bare = share.collection.substr(0, share.collection.size() - 1);
  for (const std::string& target : {share.collection, bare, "http://relay.example" + share.collection}) {
    const std::string found = bench.propfind(target, "1").body;
    CHECK(countOf(found, "<D:href>" + share.collection + "</D:href>") == 1);
    CHECK(countOf(found, "<D:href>" + share.document + "</D:href>") == 1);
    CHECK(countOf(found, "<D:href>") == 2);
  }
}

TEST_CASE("rule 96: the collection without its slash is the collection, and is told its better name") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string bare = share.collection.substr(0, share.collection.size() - 1);
  for (const char* method : {"OPTIONS", "PROPFIND", "GET", "HEAD"}) {
    CAPTURE(method);
    const Response answer = bench.send(method, bare, {{"Depth", "0"}});
    CHECK(answer.status / 100 == 2);
    CHECK(answer.headers.get("Content-Location") == share.collection);
    CHECK_FALSE(bench.send(method, share.collection, {{"Depth", "0"}}).headers.has("Content-Location"));
  }
  CHECK(bench.propfind("/v1").headers.get("Content-Location") == "/v1/");
}

TEST_CASE("rule 97: neither the root nor the factory lists a share") {
  DavBench bench(GENERATE(share::Identifiers::server, share::Identifiers::any));
  bench.makeShare();
  for (const char* target : {"/", "/v1", "/v1/"}) {
    const Response answer = bench.propfind(target, "1");
    CHECK(answer.status == 207);
    CHECK(countOf(answer.body, "<D:response>") == 1);
    CHECK_THAT(answer.body, Contains("<D:resourcetype><D:collection/></D:resourcetype>"));
  }
}

TEST_CASE("rule 98: there is no quota to tell") {
  DavBench bench;
  const Place share = bench.makeShare();
  const std::string found =
      bench.propfind(share.collection, "0", propBody("<D:quota-available-bytes/><D:quota-used-bytes/>")).body;
  CHECK_THAT(found, Contains("<D:prop><D:quota-available-bytes/><D:quota-used-bytes/></D:prop>"
                             "<D:status>HTTP/1.1 404 Not Found</D:status>"));
}

}  // namespace
}  // namespace tigress::dav
