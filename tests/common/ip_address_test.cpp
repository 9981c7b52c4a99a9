#include "common/ip_address.h"

#include <string>

#include "tests/catch.h"

namespace tigress {
namespace {

IpAddress address(const std::string& text) {
  const auto parsed = IpAddress::parse(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("the two spellings of an IPv4 address are one address") {
  CHECK(address("192.0.2.1") == address("::ffff:192.0.2.1"));
  CHECK(address("192.0.2.1") == address("::FFFF:c000:0201"));
  CHECK(address("192.0.2.1") != address("::192.0.2.1"));
}

TEST_CASE("what is no plain address is none") {
  for (const char* text : {"",
                           " ",
                           "localhost",
                           "127.1",
                           "127.0.0.01",
                           "2130706433",
                           "0x7f000001",
                           "127.0.0.1 ",
                           " 127.0.0.1",
                           "127.0.0.1:80",
                           "[::1]",
                           "::1%lo",
                           "::g",
                           "1:2:3:4:5:6:7",
                           "300.0.0.1",
                           "::ffff:192.0.2.256",
                           "1:2:3:4:5:6:7:8:9",
                           "1.2.3",
                           "1.2.3.",
                           "1.2.3.4.",
                           ".1.2.3",
                           "1..2.3",
                           "1.2.3.4.5",
                           "1.2.3.0004",
                           "1.2.3.256",
                           "1.2.3.00",
                           "1.2.3.-4",
                           "1.2.3.a",
                           "1.2.3.4\n"}) {
    INFO('"' << text << '"');
    CHECK_FALSE(IpAddress::parse(text));
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
  CHECK_FALSE(IpAddress::parse(std::string(10000, '1')));
}

TEST_CASE("loopback is 127.0.0.0/8 and ::1") {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    CHECK(address(text).isLoopback());
  for (const char* text : {"128.0.0.1", "126.255.255.255", "::", "::2", "0.0.0.1"})
    CHECK_FALSE(address(text).isLoopback());
}

TEST_CASE("a network holds the addresses of its prefix") {
  struct Row {
    const char* network;
    const char* inside;
    const char* outside;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.0.1", "11.0.0.0"},
      {"10.1.2.3/8", "10.0.0.0", "9.255.255.255"},  // what stands behind the prefix does not matter
      {"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
      {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
      {"192.0.2.1/32", "::ffff:192.0.2.1", "192.0.2.0"},
      {"0.0.0.0/0", "255.255.255.255", "2001:db8::1"},
      {"fd00::/8", "fdff::1", "fe00::1"},
      {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
      {"::ffff:10.0.0.0/104", "10.2.3.4", "11.2.3.4"},
      {"::1", "::1", "::2"},
  };
  for (const Row& row : rows) {
    INFO(row.network);
    const auto network = Network::parse(row.network);
    REQUIRE(network);
    CHECK(network->contains(address(row.inside)));
    CHECK_FALSE(network->contains(address(row.outside)));
  }
}

TEST_CASE("a text that is no network is none") {
  for (const char* text : {"", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
                           "/8", "fd00::/129", "10.0.0/8", "fd00::/ 8"}) {
    INFO(text);
    CHECK_FALSE(Network::parse(text));
  }
}

TEST_CASE("clients are told apart by /24 in IPv4 and by /48 in IPv6") {
  CHECK(clientNetwork(address("192.0.2.1")) == clientNetwork(address("192.0.2.255")));
  CHECK(clientNetwork(address("192.0.2.1")) != clientNetwork(address("192.0.3.1")));
  CHECK(clientNetwork(address("2001:db8:1::1")) ==
        clientNetwork(address("2001:db8:1:ffff:ffff:ffff:ffff:ffff")));
  CHECK(clientNetwork(address("2001:db8:1::1")) != clientNetwork(address("2001:db8:2::1")));
}

}  // namespace tigress
