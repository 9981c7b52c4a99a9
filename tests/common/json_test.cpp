#include "tigress/json.h"

#include "tests/catch.h"

namespace tigress {
namespace {

std::string nested(int levels, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += "1";
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("JSON comes back as it was spelled, without its white space") {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "[]",
                           "{}",
                           "\"\"",
                           "[1,2,3]",
                           R"({"b":1,"a":2,"":3})",
                           R"({"a":{"b":[{"c":null}]}})",
                           "1.0",
                           "1e5",
                           "1E+5",
                           "-0",
                           "-0.0",
                           "1.10",
                           "0.1e-10",
                           "123456789012345678901234567890",
                           "18446744073709551615",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "\"\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x91\"",
                           R"("\"\\\b\f\n\r\t")",
                           "\"/\"",
                           "[-0,[-0]]"}) {
    const auto value = Json::parse(text);
    INFO(text);
    REQUIRE(value);
    CHECK(value->dump() == text);
  }
  CHECK(Json::parse(" \t\r\n[ 1 , {\"a\" : 2} ]\n")->dump() == R"([1,{"a":2}])");
}

TEST_CASE("escapes are read as what they stand for") {
  CHECK(*Json::parse(R"("\u00fc\/\ud83d\udd11")")->string() == "\xC3\xBC/\xF0\x9F\x94\x91");
  CHECK(*Json::parse(R"("\u0000")")->string() == std::string(1, '\0'));
  CHECK(Json::parse(R"("\u0000\u001f")")->dump() == R"("\u0000\u001f")");
}

TEST_CASE("what is not one JSON value is refused") {
  const std::string texts[] = {"",
                               " ",
                               "nul",
                               "True",
                               "[1,]",
                               "[,1]",
                               "[1 2]",
                               "{\"a\":1,}",
                               "{\"a\"}",
                               "{a:1}",
                               "{1:1}",
                               "{'a':1}",
                               "01",
                               "+1",
                               ".5",
                               "5.",
                               "1e",
                               "0x1",
                               "NaN",
                               "Infinity",
                               "-",
                               "--1",
                               "\"",
                               "\"\n\"",
                               "\"\t\"",
                               "\"\\x41\"",
                               "\"\\u12\"",
                               "\"\\ud800\"",
                               "\"\\udc00\\ud800\"",
                               "\"\xFF\"",
                               "\"\xC0\x80\"",
                               "\"\xED\xA0\x80\"",
                               "[1]]",
                               "{}{}",
                               "1 2",
                               "[1] x",
                               "// c\n1",
                               "/* c */ 1",
                               "[",
                               "{",
                               "{\"a\":",
                               "[\"a\"",
                               "\x01",
                               "\xC3\xBC"};
  for (const std::string& text : texts) {
    INFO(text);
    CHECK_FALSE(Json::parse(text));
  }
}

TEST_CASE("a NUL is no white space and no end") {
  for (const std::string& text :
       {std::string("{}\0", 3), std::string("{}\0x", 4), std::string("\0{}", 3), std::string("[1,\0 2]", 7),
        std::string("\"a\0b\"", 5), std::string(1, '\0')}) {
    CHECK_FALSE(Json::parse(text));
  }
}

TEST_CASE("nesting is counted in levels of arrays and objects") {
  CHECK(Json::parse("1", 0));
  CHECK_FALSE(Json::parse("[]", 0));
  CHECK(Json::parse(nested(16, "[", "]")));
  CHECK_FALSE(Json::parse(nested(17, "[", "]")));
  CHECK(Json::parse(nested(16, "{\"a\":", "}")));
  CHECK_FALSE(Json::parse(nested(17, "{\"a\":", "}")));
  CHECK(Json::parse(nested(8, "[{\"a\":", "}]")));
  CHECK(Json::parse("[[[]],[[]],[[]]]", 3));
  const auto tooDeep = Json::parse(nested(100000, "[", "]"));
  REQUIRE_FALSE(tooDeep);
  CHECK_THAT(tooDeep.error().detail, Catch::Contains("16 levels"));
}

TEST_CASE("a member name stands once in an object, however it is spelled") {
  for (const char* text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"\u0061":3})", R"([{"x":{"a":1,"a":2}}])", R"({"":1,"":2})"}) {
    INFO(text);
    const auto value = Json::parse(text);
    REQUIRE_FALSE(value);
    CHECK_THAT(value.error().detail, Catch::Contains("twice"));
  }
  CHECK(Json::parse(R"({"a":1,"A":2,"b":{"a":3},"c":[{"a":4},{"a":5}]})"));
}

TEST_CASE("an error names the place, never the content") {
  const auto value = Json::parse(R"({"secret": "hunter2", "x": oops})");
  REQUIRE_FALSE(value);
  CHECK_THAT(value.error().detail,
             Catch::Contains("byte") && !Catch::Contains("hunter2") && !Catch::Contains("oops"));
}

TEST_CASE("long literals are read as short ones are, wherever they stand") {
  const auto literal = [](std::string_view content) { return '"' + std::string(content) + '"'; };
  const std::string shortOne = "QUJD";
  const std::string longOne(1000, 'Q');
  const std::string odd = longOne + "\\\"" + longOne + "\\\\";  // ends with a backslash that is escaped
  for (const std::string& a : {shortOne, longOne, odd, std::string()}) {
    for (const std::string& b : {shortOne, longOne, odd, std::string()}) {
      const std::string text =
          "{" + literal("k" + a) + ":[" + literal(a) + "," + literal(b) + "],\"z\":" + literal(b + a) + "}";
      const auto value = Json::parse(text);
      INFO(text);
      REQUIRE(value);
      CHECK(value->dump() == text);
    }
  }
  CHECK_FALSE(Json::parse(literal(longOne) + literal(longOne)));
  CHECK_FALSE(Json::parse("[" + literal(longOne) + " " + longOne + "]"));
  CHECK_FALSE(Json::parse("{" + literal(longOne) + ":1," + literal(longOne) + ":2}"));
  for (const std::string& open :
       std::vector<std::string>{"\"" + longOne, "\"\\" + longOne, "\"\\", "\"" + longOne + "\\\""}) {
    CHECK_FALSE(Json::parse(open));
    CHECK_FALSE(Json::parse("[" + literal(longOne) + "," + open));
  }
}

TEST_CASE("an error behind long literals names its own place") {
  const std::string before = "[\"" + std::string(100, 'Q') + "\", \"" + std::string(200, 'R') + "\", ";
  const auto value = Json::parse(before + "oops, \"" + std::string(300, 'S') + "\"]");
  REQUIRE_FALSE(value);
  CHECK_THAT(value.error().detail, Catch::EndsWith("byte " + std::to_string(before.size() + 1)));
}

TEST_CASE("members keep their order and are found by name") {
  auto value = *Json::parse(R"({"z":"1","a":[2],"m":null})");
  REQUIRE(value.object());
  CHECK(value.object()->at(0).name == "z");
  CHECK(value.object()->at(2).name == "m");
  CHECK(*value.findString("z") == "1");
  CHECK(value.findString("a") == nullptr);
  CHECK(value.find("m")->isNull());
  CHECK(value.find("x") == nullptr);
  CHECK(Json("text").find("x") == nullptr);
  value.erase("a");
  value.erase("x");
  CHECK(value.dump() == R"({"z":"1","m":null})");
}

TEST_CASE("values are equal whatever the order of their members, numbers by their spelling") {
  CHECK(*Json::parse(R"({"a":1,"b":[true,null]})") == *Json::parse(R"({"b":[true,null],"a":1})"));
  CHECK(*Json::parse("[1,2]") != *Json::parse("[2,1]"));
  CHECK(*Json::parse("1.0") != *Json::parse("1"));
  CHECK(*Json::parse("{}") != *Json::parse("[]"));
  CHECK(*Json::parse(R"({"a":1})") != *Json::parse(R"({"a":1,"b":2})"));
  CHECK(*Json::parse(R"({"a":1})") != *Json::parse(R"({"b":1})"));
  CHECK(Json(true) != Json(false));
  CHECK(Json("a") != Json("b"));
}

TEST_CASE("values are made as they are written") {
  const Json value = Json::Object{{"flag", true},
                                  {"number", 5},
                                  {"text", "a\"b"},
                                  {"list", Json::Array{Json(), Json("x")}},
                                  {"empty", Json::Object{}}};
  CHECK(value.dump() == R"({"flag":true,"number":5,"text":"a\"b","list":[null,"x"],"empty":{}})");
  CHECK(value.dump(2) ==
        "{\n  \"flag\": true,\n  \"number\": 5,\n  \"text\": \"a\\\"b\",\n  \"list\": [\n    null,\n    "
        "\"x\"\n  ],\n"
        "  \"empty\": {}\n}");
}

TEST_CASE("bytes that are no UTF-8 are replaced, so that what is written is always JSON") {
  const std::string written = Json("a\xFF\xC3").dump();
  CHECK(Json::parse(written));
  CHECK(written == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("an object of many members is read in full") {
  std::string text = "{";
  for (int i = 0; i < 20000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
  const auto value = Json::parse(text + "}");
  REQUIRE(value);
  CHECK(value->object()->size() == 20000);
  CHECK_FALSE(Json::parse(text + ",\"7\":0}"));
}

}  // namespace tigress
