#include "server/notify/outbound_addresses.h"

#include <fstream>

#include "common/text.h"
#include "tests/catch.h"

namespace tigress::notify {
namespace {

TEST_CASE("pushes go to public addresses only") {
  std::ifstream file(std::string(TIGRESS_SOURCE_DIR) + "/tests/vectors/outbound_addresses.tsv");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto fields = split(line, '\t');
    REQUIRE(fields.size() == 3);
    CAPTURE(line);
    const auto address = IpAddress::parse(fields[0]);
    REQUIRE(address);
    CHECK(isPublic(*address) == (fields[1] == "yes"));
    ++rows;
  }
  CHECK(rows > 50);
}

}  // namespace
}  // namespace tigress::notify
