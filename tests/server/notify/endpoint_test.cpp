#include "server/notify/endpoint.h"

#include "tests/catch.h"

namespace tigress::notify {
namespace {

TEST_CASE("an endpoint is https to a name") {
  const auto endpoint = Endpoint::parse("https://Push.Example/a?b");
  REQUIRE(endpoint);
  CHECK(endpoint->host == "push.example");
  CHECK(endpoint->port == 443);
  CHECK(endpoint->origin == "https://push.example");
  CHECK(Endpoint::parse("https://push.example:8443/a")->origin == "https://push.example:8443");
  CHECK(Endpoint::parse("https://push.example:443")->origin == "https://push.example");
}

TEST_CASE("an address in any spelling, another scheme and what hides a host are no endpoints") {
  for (const char* url : {"http://push.example/",
                          "ftp://push.example/",
                          "https:push.example",
                          "https://",
                          "https:///x",
                          "https://127.0.0.1/",
                          "https://127.1/",
                          "https://2130706433/",
                          "https://0x7f000001/",
                          "https://0177.0.0.1/",
                          "https://0x7f.1/",
                          "https://example.0x1/",
                          "https://[::1]/",
                          "https://[::ffff:127.0.0.1]/",
                          "https://user@push.example/",
                          "https://push.example@127.0.0.1/",
                          "https://push.example\\@evil.example/",
                          "https://push.example#@evil.example/",
                          "https://push.example/#fragment",
                          "https://push.example/a b",
                          "https://push.example/\xC3\xA4",
                          "https://push.example/a\r\nHost: x",
                          "https://push.example./",
                          "https://push..example/",
                          "https://-push.example/",
                          "https://push_.example/",
                          "https://push.example:0/",
                          "https://push.example:65536/",
                          "https://push.example:/",
                          "https://push.example:443:443/",
                          "HTTPS://push.example/"}) {
    CAPTURE(url);
    CHECK_FALSE(Endpoint::parse(url));
  }
}

TEST_CASE("an operator names hosts, names below a host, or all, and ports") {
  const auto allows = [](std::vector<std::string> hosts, const char* url) {
    return EndpointRules{std::move(hosts), {443}}.allow(*Endpoint::parse(url));
  };
  CHECK(allows({"push.example"}, "https://push.example/"));
  CHECK_FALSE(allows({"push.example"}, "https://x.push.example/"));
  CHECK_FALSE(allows({"push.example"}, "https://evilpush.example/"));
  CHECK(allows({"*.push.example"}, "https://x.y.push.example/"));
  CHECK_FALSE(allows({"*.push.example"}, "https://push.example/"));
  CHECK_FALSE(allows({"*.push.example"}, "https://evilpush.example/"));
  CHECK_FALSE(allows({"*.push.example"}, "https://x.push.example.evil.example/"));
  CHECK(allows({"*"}, "https://anything.example/"));
  CHECK_FALSE(allows({}, "https://push.example/"));
  CHECK_FALSE(allows({"*"}, "https://push.example:8443/"));
  CHECK(EndpointRules{{"*"}, {}}.allow(*Endpoint::parse("https://push.example:8443/")));
  CHECK(isHostPattern("*.push.example"));
  for (const char* text : {"", "*.", "**", "push.*", "https://push.example", "127.0.0.1"})
    CHECK_FALSE(isHostPattern(text));
}

}  // namespace
}  // namespace tigress::notify
