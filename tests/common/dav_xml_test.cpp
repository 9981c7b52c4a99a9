#include "common/dav_xml.h"

#include "tests/catch.h"

namespace tigress {

TEST_CASE("any text can be the owner of a lock, and what XML cannot carry is replaced") {
  using namespace std::string_literals;
  const std::string kReplacement = "\xEF\xBF\xBD";
  struct Row {
    std::string owner;
    std::string content;  // as it stands between the tags
  };
  const Row rows[] = {
      {"Anna's phone", "Anna's phone"},       {"a <b> & c]]>", "a &lt;b&gt; &amp; c]]&gt;"},
      {"one\ttwo\nthree", "one\ttwo\nthree"}, {"a\x01z", "a" + kReplacement + "z"},
      {"a\0z"s, "a" + kReplacement + "z"},    {"a\x1B[31mz", "a" + kReplacement + "[31mz"},
      {"a\xFFz", "a" + kReplacement + "z"},   {"\xE3\x81\x82", "\xE3\x81\x82"},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    const auto info = parseLockInfo(formatLockInfo(LockScope::exclusive, row.owner));
    REQUIRE(info);
    CHECK(info->owner == "<D:owner xmlns:D=\"DAV:\">" + row.content + "</D:owner>");
  }
  CHECK(parseLockInfo(formatLockInfo(LockScope::exclusive, ""))->owner.empty());
}

}  // namespace tigress
