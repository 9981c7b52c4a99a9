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

TEST_CASE("what an answer would repeat is limited in number and length") {
  const auto times = [](std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text + std::to_string(i) + "/>";
    return all;
  };
  const auto propfind = [](const std::string& space, const std::string& names) {
    return "<D:propfind xmlns:D='DAV:' xmlns:n='" + space + "'><D:prop>" + names + "</D:prop></D:propfind>";
  };
  const std::string longest(kXmlNamespaceBytes, 'n');
  CHECK(parsePropfind(propfind(longest, times(kXmlNames, "<n:a")))->names.size() == kXmlNames);
  CHECK_THAT(parsePropfind(propfind(longest, times(kXmlNames + 1, "<n:a"))).error().detail,
             Catch::Contains("more than 256 properties"));
  CHECK_THAT(parsePropfind(propfind(longest + 'n', "<n:a/>")).error().detail,
             Catch::Contains("longer than 512 bytes"));
  const auto update = [&](std::size_t count) {
    return parsePropertyUpdate("<D:propertyupdate xmlns:D='DAV:'><D:remove><D:prop>" + times(count, "<a") +
                               "</D:prop></D:remove></D:propertyupdate>");
  };
  CHECK(update(kXmlNames));
  CHECK_FALSE(update(kXmlNames + 1));
  const auto lock = [](std::size_t size) {
    return parseLockInfo(formatLockInfo(LockScope::shared, std::string(size, 'o')));
  };
  const std::size_t tags = std::string("<D:owner xmlns:D=\"DAV:\"></D:owner>").size();
  CHECK(lock(kXmlOwnerBytes - tags));
  CHECK_THAT(lock(kXmlOwnerBytes - tags + 1).error().detail, Catch::Contains("longer than 2048 bytes"));
}

}  // namespace tigress
