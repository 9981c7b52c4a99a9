#include "server/admission/connection_limit.h"

#include "tests/catch.h"

namespace tigress::admission {
namespace {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

}  // namespace

TEST_CASE("a network has so many connections at a time, whichever of its addresses they come from") {
  ConnectionLimit limit(2, 1024, {}, systemRandom);
  CHECK(limit.open(address("192.0.2.1")));
  CHECK(limit.open(address("192.0.2.2")));
  CHECK_FALSE(limit.open(address("192.0.2.3")));
  CHECK(limit.open(address("192.0.3.1")));
  limit.close(address("192.0.2.1"));
  CHECK(limit.open(address("192.0.2.3")));
  CHECK_FALSE(limit.open(address("192.0.2.3")));
}

TEST_CASE("the connections of trusted proxies are not counted") {
  ConnectionLimit limit(1, 1024, {{Network::parse("10.0.0.0/8").value()}, ProxyField::forwarded},
                        systemRandom);
  for (int i = 0; i < 10; ++i) CHECK(limit.open(address("10.0.0.1")));
  for (int i = 0; i < 10; ++i) limit.close(address("10.0.0.1"));
  CHECK(limit.open(address("11.0.0.1")));
  CHECK_FALSE(limit.open(address("11.0.0.1")));
}

}  // namespace tigress::admission
