#include "common/text.h"

#include "tests/catch.h"

namespace tigress {

TEST_CASE("case is folded in ASCII only") {
  CHECK(asciiLower("AZaz09[\\]\xC3\x84") == "azaz09[\\]\xC3\x84");
  CHECK(equalsIgnoreCase("Content-Length", "CONTENT-length"));
  CHECK(equalsIgnoreCase("", ""));
  CHECK_FALSE(equalsIgnoreCase("a", "ab"));
  CHECK_FALSE(equalsIgnoreCase("[", "{"));
  CHECK_FALSE(equalsIgnoreCase("\xC3\x84", "\xC3\xA4"));
}

TEST_CASE("a text starts with its own beginnings") {
  CHECK(startsWith("abc", ""));
  CHECK(startsWith("abc", "abc"));
  CHECK_FALSE(startsWith("abc", "abcd"));
  CHECK_FALSE(startsWith("abc", "b"));
}

TEST_CASE("blanks and tabs are trimmed, nothing else") {
  CHECK(trimmed(" \t a b \t ") == "a b");
  CHECK(trimmed(" \t ").empty());
  CHECK(trimmed("").empty());
  CHECK(trimmed("\r\na\v") == "\r\na\v");
}

TEST_CASE("a text is split at every separator, empty parts are kept") {
  using Parts = std::vector<std::string_view>;
  CHECK(split("a, b ,c", ',') == Parts{"a", "b", "c"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",,", ',') == Parts{"", "", ""});
  CHECK(split("a b", ',') == Parts{"a b"});
}

TEST_CASE("an unsigned number is digits that fit") {
  CHECK(parseUnsigned("0") == 0U);
  CHECK(parseUnsigned("007") == 7U);
  CHECK(parseUnsigned("18446744073709551615") == UINT64_MAX);
  CHECK(parseUnsigned("255", 255) == 255U);
  for (const char* text : {"", " ", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "18446744073709551616",
                           "99999999999999999999", "100000000000000000000000000000", "\xD9\xA1"}) {
    INFO(text);
    CHECK_FALSE(parseUnsigned(text));
  }
  CHECK_FALSE(parseUnsigned("256", 255));
}

TEST_CASE("UTF-8 is what RFC 3629 says it is") {
  for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                           "\xE2\x82\xAC"
                           "b\xC3\xBC"}) {
    INFO(text);
    CHECK(isUtf8(text));
  }
  for (const char* text : {"\x80",
                           "\xBF",
                           "\xC0\x80",
                           "\xC1\xBF",
                           "\xC2",
                           "\xC2\x41",
                           "\xE0\x80\x80",
                           "\xE0\x9F\xBF",
                           "\xE2\x82",
                           "\xE2\x28\xA1",
                           "\xED\xA0\x80",
                           "\xED\xBF\xBF",
                           "\xF0\x80\x80\x80",
                           "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xF0\x9F\x94",
                           "\xFE",
                           "\xFF",
                           "a\xC3"}) {
    INFO(text);
    CHECK_FALSE(isUtf8(text));
  }
  CHECK(isUtf8(std::string(1, '\0')));
}

TEST_CASE("a token is made of letters, digits and the marks of RFC 9110") {
  CHECK(isToken("PROPFIND"));
  CHECK(isToken("!#$%&'*+-.^_`|~09azAZ"));
  for (const char* text : {"", "a b", "a:", "(a)", "a/b", "a,b", "a;b", "a=b", "a@b", "[a]", "{a}", "a\"",
                           "a\\", "<a>", "a?", "\x7F", "\x1F", "\xC3\xBC"}) {
    INFO(text);
    CHECK_FALSE(isToken(text));
  }
  CHECK_FALSE(isToken(std::string(1, '\0')));
}

TEST_CASE("a set of bytes has those it was made of, and no other") {
  constexpr ByteSet kSet = ByteSet::range('a', 'c') | ByteSet("\xFF\t");
  static_assert(kSet.has('b') && !kSet.has('d'));
  int members = 0;
  for (int byte = 0; byte < 256; ++byte) {
    members += kSet.has(static_cast<char>(byte)) ? 1 : 0;
    CHECK((~kSet).has(static_cast<char>(byte)) != kSet.has(static_cast<char>(byte)));
  }
  CHECK(members == 5);
  CHECK(kSet.hasAll(""));
  CHECK(kSet.hasAll("abc\t\xFF"));
  CHECK_FALSE(kSet.hasAll("abcd"));
}

TEST_CASE("a hexadecimal digit is read in either case") {
  int digits = 0;
  for (int byte = 0; byte < 256; ++byte) digits += hexValue(static_cast<char>(byte)) >= 0 ? 1 : 0;
  CHECK(digits == 22);
  CHECK(hexValue('0') == 0);
  CHECK(hexValue('9') == 9);
  CHECK(hexValue('a') == 10);
  CHECK(hexValue('F') == 15);
}

}  // namespace tigress
