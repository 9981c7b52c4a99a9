#include "server/admission/client_address.h"

#include <string>

#include "tests/catch.h"

namespace tigress::admission {
namespace {

IpAddress address(const std::string& text) {
  return IpAddress::parse(text).value();
}

TrustedProxies proxies(ProxyField field) {
  return {{Network::parse("10.0.0.0/8").value(), Network::parse("fd00::/8").value()}, field};
}

struct Row {
  const char* title;
  const char* peer;
  std::vector<const char*> fields;
  const char* client;
};

void check(const std::vector<Row>& rows, ProxyField field, const std::string& name) {
  for (const Row& row : rows) {
    Headers headers;
    for (const char* value : row.fields) headers.add(name, value);
    INFO(row.title);
    CHECK(clientAddress(address(row.peer), headers, proxies(field)) == address(row.client));
  }
}

}  // namespace

TEST_CASE("X-Forwarded-For is believed from right to left, as far as proxies are trusted") {
  check(
      {
          {"no proxy, no field", "192.0.2.7", {}, "192.0.2.7"},
          {"a stranger's own word", "192.0.2.7", {"198.51.100.1"}, "192.0.2.7"},
          {"a proxy that says nothing", "10.0.0.1", {}, "10.0.0.1"},
          {"an empty field", "10.0.0.1", {""}, "10.0.0.1"},
          {"one proxy", "10.0.0.1", {"192.0.2.7"}, "192.0.2.7"},
          {"what a client made up stands to the left", "10.0.0.1", {"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
          {"even if it made up a trusted one", "10.0.0.1", {"10.0.0.2, 192.0.2.7"}, "192.0.2.7"},
          {"two proxies", "10.0.0.1", {"192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
          {"two proxies and a lie", "10.0.0.1", {"1.2.3.4,192.0.2.7 ,\t10.0.0.2"}, "192.0.2.7"},
          {"two fields are one list", "10.0.0.1", {"1.2.3.4", "192.0.2.7", "10.0.0.2"}, "192.0.2.7"},
          {"empty members do not count", "10.0.0.1", {"192.0.2.7, , 10.0.0.2,"}, "192.0.2.7"},
          {"proxies all the way", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
          {"IPv4 with a port", "10.0.0.1", {"192.0.2.7:4711"}, "192.0.2.7"},
          {"IPv6", "10.0.0.1", {"2001:db8::7"}, "2001:db8::7"},
          {"IPv6 in brackets", "10.0.0.1", {"[2001:db8::7]"}, "2001:db8::7"},
          {"IPv6 with a port", "10.0.0.1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
          {"a proxy in IPv6", "fd00::1", {"2001:db8::7, fd00::2"}, "2001:db8::7"},
          {"a mapped proxy", "::ffff:10.0.0.1", {"192.0.2.7"}, "192.0.2.7"},
          {"a mapped client", "10.0.0.1", {"::ffff:192.0.2.7"}, "192.0.2.7"},
          {"unknown", "10.0.0.1", {"192.0.2.7, unknown"}, "10.0.0.1"},
          {"a word", "10.0.0.1", {"unix:"}, "10.0.0.1"},
          {"a number too large", "10.0.0.1", {"192.0.2.256"}, "10.0.0.1"},
          {"a bad port", "10.0.0.1", {"192.0.2.7:x"}, "10.0.0.1"},
          {"a port too large", "10.0.0.1", {"192.0.2.7:65536"}, "10.0.0.1"},
          {"half a bracket", "10.0.0.1", {"[2001:db8::7"}, "10.0.0.1"},
          {"something behind the bracket", "10.0.0.1", {"[2001:db8::7]x"}, "10.0.0.1"},
          {"IPv4 in brackets", "10.0.0.1", {"[192.0.2.7]"}, "10.0.0.1"},
          {"a zone", "10.0.0.1", {"fe80::1%eth0"}, "10.0.0.1"},
          {"what stands left of nonsense is not reached", "10.0.0.1", {"192.0.2.7, x, 10.0.0.2"}, "10.0.0.2"},
          {"a quoted address", "10.0.0.1", {"\"192.0.2.7\""}, "10.0.0.1"},
      },
      ProxyField::xForwardedFor, "X-Forwarded-For");
}

TEST_CASE("Forwarded is believed in the same way") {
  check(
      {
          {"a stranger's own word", "192.0.2.7", {"for=198.51.100.1"}, "192.0.2.7"},
          {"one proxy", "10.0.0.1", {"for=192.0.2.7"}, "192.0.2.7"},
          {"with its other parameters",
           "10.0.0.1",
           {"by=10.0.0.1;for=192.0.2.7;proto=https;host=x"},
           "192.0.2.7"},
          {"in any case", "10.0.0.1", {"FOR=192.0.2.7"}, "192.0.2.7"},
          {"quoted", "10.0.0.1", {"for=\"192.0.2.7\""}, "192.0.2.7"},
          {"quoted with a port", "10.0.0.1", {"for=\"192.0.2.7:4711\""}, "192.0.2.7"},
          {"IPv6", "10.0.0.1", {"for=\"[2001:db8::7]\""}, "2001:db8::7"},
          {"IPv6 with a port", "10.0.0.1", {"For=\"[2001:db8::7]:4711\""}, "2001:db8::7"},
          {"an obfuscated port", "10.0.0.1", {"for=\"192.0.2.7:_port\""}, "192.0.2.7"},
          {"escaped for no reason", "10.0.0.1", {"for=\"192\\.0.2.7\""}, "192.0.2.7"},
          {"a lie to the left", "10.0.0.1", {"for=198.51.100.1, for=192.0.2.7"}, "192.0.2.7"},
          {"a comma in a quoted string",
           "10.0.0.1",
           {"for=\"1.2.3.4, for=5.6.7.8\", for=192.0.2.7"},
           "192.0.2.7"},
          {"a comma in the last quoted string",
           "10.0.0.1",
           {"for=192.0.2.7;host=\"a, for=1.2.3.4\""},
           "192.0.2.7"},
          {"two proxies, two fields", "10.0.0.1", {"for=192.0.2.7", "for=10.0.0.2"}, "192.0.2.7"},
          {"unknown", "10.0.0.1", {"for=192.0.2.7, for=unknown"}, "10.0.0.1"},
          {"obfuscated", "10.0.0.1", {"for=_hidden, for=10.0.0.2"}, "10.0.0.2"},
          {"no for", "10.0.0.1", {"for=192.0.2.7, by=10.0.0.1"}, "10.0.0.1"},
          {"two of them", "10.0.0.1", {"for=192.0.2.7;for=192.0.2.8"}, "10.0.0.1"},
          {"a quoted string that does not end", "10.0.0.1", {"for=\"192.0.2.7"}, "10.0.0.1"},
          {"one that swallows the rest", "10.0.0.1", {"for=192.0.2.7;host=\"x", "for=10.0.0.2"}, "10.0.0.1"},
          {"the other field's form", "10.0.0.1", {"192.0.2.7"}, "10.0.0.1"},
          {"brackets without quotes are read all the same", "10.0.0.1", {"for=[2001:db8::7]"}, "2001:db8::7"},
      },
      ProxyField::forwarded, "Forwarded");
}

TEST_CASE("the field that is not the proxies' own is a client's, and no one's word") {
  const Headers headers = {{"X-Forwarded-For", "192.0.2.7"}, {"Forwarded", "for=198.51.100.1"}};
  CHECK(clientAddress(address("10.0.0.1"), headers, proxies(ProxyField::xForwardedFor)) ==
        address("192.0.2.7"));
  CHECK(clientAddress(address("10.0.0.1"), headers, proxies(ProxyField::forwarded)) ==
        address("198.51.100.1"));
}

TEST_CASE("without trusted proxies nobody is believed") {
  const Headers headers = {{"X-Forwarded-For", "192.0.2.7"}};
  CHECK(clientAddress(address("127.0.0.1"), headers, {}) == address("127.0.0.1"));
}

TEST_CASE("a list of trusted hops without end is left after a while") {
  std::string list = "192.0.2.7";
  for (int i = 0; i < 64; ++i) list += ", 10.0.0.2";
  const Headers headers = {{"X-Forwarded-For", list}};
  CHECK(clientAddress(address("10.0.0.1"), headers, proxies(ProxyField::xForwardedFor)) ==
        address("10.0.0.2"));
}

}  // namespace tigress::admission
