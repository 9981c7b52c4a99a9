#include "tigress/http_message.h"

#include "tests/catch.h"

namespace tigress {
namespace {

// A list as text: "*" or the tags in order, separated by a bar; "none" if it is malformed.
std::string parsed(std::string_view text) {
  const auto list = EntityTagList::parse(text);
  if (!list) return "none";
  std::string result = list->any ? "*" : "";
  for (const EntityTag& tag : list->tags) {
    result += (result.empty() ? "" : "|") + std::string(tag.weak ? "W/" : "") + tag.opaque;
  }
  return result;
}

}  // namespace

TEST_CASE("header fields keep their order and are found in any case") {
  Headers headers = {{"Accept", "a"}, {"X", "1"}, {"ACCEPT", "b"}};
  CHECK(headers.get("accept") == "a");
  CHECK(headers.joined("accept") == "a, b");
  CHECK(headers.count("aCCept") == 2);
  CHECK(headers.has("x"));
  CHECK_FALSE(headers.has("y"));
  CHECK_FALSE(headers.find("y"));
  CHECK(headers.get("y").empty());
  CHECK_FALSE(headers.joined("y"));
  headers.set("accept", "c");
  CHECK(headers.count("Accept") == 1);
  CHECK(headers.get("Accept") == "c");
  headers.remove("ACCEPT");
  CHECK_FALSE(headers.has("Accept"));
  headers.add("Empty", "");
  CHECK(headers.has("Empty"));
  CHECK(headers.joined("Empty") == "");
}

TEST_CASE("header fields stand in one text as they are sent") {
  Headers headers = {{"Host", "h"}, {"Empty", ""}, {"X-A", "1"}, {"x-a", "2"}, {"Last", "z"}};
  CHECK(headers.text() == "Host: h\r\nEmpty: \r\nX-A: 1\r\nx-a: 2\r\nLast: z\r\n");
  headers.remove("x-A");
  CHECK(headers.text() == "Host: h\r\nEmpty: \r\nLast: z\r\n");
  headers.set("empty", "no more");
  CHECK(headers.text() == "Host: h\r\nLast: z\r\nempty: no more\r\n");
  const Headers copy = headers;
  headers.add(copy);
  CHECK(headers.text() == copy.text() + copy.text());
  CHECK(headers.joined("EMPTY") == "no more, no more");
  const std::vector<Headers::Field> fields(headers.begin(), headers.end());
  REQUIRE(fields.size() == 6);
  CHECK(fields[4] == Headers::Field("Last", "z"));
  CHECK(Headers().text().empty());
  CHECK(Headers().begin() == Headers().end());
}

TEST_CASE("header fields keep their places however many and long they are") {
  Headers headers;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "X-" + std::to_string(i);
    const std::string value(static_cast<std::size_t>(i) * 10, 'v');
    headers.add(name, value);
    text += name + ": " + value + "\r\n";
  }
  CHECK(headers.text() == text);
  for (int i = 0; i < 100; ++i) CHECK(headers.get("x-" + std::to_string(i)).size() == std::size_t(i) * 10);
}

TEST_CASE("an entity tag is a quoted text, weak with W/ in front") {
  CHECK(EntityTag::parse("\"x\"")->opaque == "\"x\"");
  CHECK_FALSE(EntityTag::parse("\"x\"")->weak);
  CHECK(EntityTag::parse("W/\"x\"")->opaque == "\"x\"");
  CHECK(EntityTag::parse("W/\"x\"")->weak);
  CHECK(EntityTag::parse("\"\""));
  CHECK(EntityTag::parse("\"a,b<>[] \xC3\xBC\""));
  for (const char* text : {"", "x", "\"", "\"x", "x\"", "'x'", "w/\"x\"", "W/x", "W/", "W\"x\"", "W/ \"x\"",
                           "\"x\" ", " \"x\"", "\"x\"y", "\"x\"\"y\"", "\"a\nb\"", "\"a\x7F\"", "*"}) {
    INFO(text);
    CHECK_FALSE(EntityTag::parse(text));
  }
}

TEST_CASE("a list of entity tags is read as RFC 9110 writes it") {
  const std::pair<const char*, const char*> rows[] = {
      {"*", "*"},
      {" * ", "*"},
      {"\"xyzzy\"", "\"xyzzy\""},
      {"\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"", "\"xyzzy\"|\"r2d2xxxx\"|\"c3piozzzz\""},
      {"W/\"xyzzy\", W/\"r2d2xxxx\"", "W/\"xyzzy\"|W/\"r2d2xxxx\""},
      {"\"a,b\",\"c\"", "\"a,b\"|\"c\""},
      {" \t\"a\"\t,\t\"b\" ", "\"a\"|\"b\""},
      {",, \"a\" ,, \"b\",", "\"a\"|\"b\""},
      {"\"*\"", "\"*\""},
      {"", "none"},
      {" ", "none"},
      {",", "none"},
      {"a", "none"},
      {"\"a\" \"b\"", "none"},
      {"\"a\"\"b\"", "none"},
      {"\"a\", b", "none"},
      {"*, \"a\"", "none"},
      {"\"a\", *", "none"},
      {"**", "none"},
      {"\"a", "none"},
      {"W/", "none"},
      {"W/a", "none"},
      {"w/\"a\"", "none"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(parsed(text) == expected);
  }
}

TEST_CASE("the table of RFC 9110 section 8.8.3.2: strong and weak comparison") {
  struct Row {
    const char* list;
    bool strongly;
    bool weakly;
  };
  const Row rows[] = {
      {"W/\"1\"", false, true},       {"\"1\"", true, true},   {"W/\"2\"", false, false},
      {"\"2\"", false, false},        {"*", true, true},       {"\"2\", W/\"1\"", false, true},
      {"W/\"1\", \"1\"", true, true}, {"\"12\"", false, false}};
  for (const Row& row : rows) {
    INFO(row.list);
    CHECK(EntityTagList::parse(row.list)->matchesStrongly("\"1\"") == row.strongly);
    CHECK(EntityTagList::parse(row.list)->matchesWeakly("\"1\"") == row.weakly);
  }
}

TEST_CASE("answers without a body are those of RFC 9110 section 6.4.1") {
  for (const int status : {100, 101, 199, 204, 304}) CHECK(isBodiless(status));
  for (const int status : {200, 201, 207, 307, 400, 404, 500}) CHECK_FALSE(isBodiless(status));
}

TEST_CASE("every status has the phrase of its RFC") {
  CHECK(reasonPhrase(207) == "Multi-Status");
  CHECK(reasonPhrase(404) == "Not Found");
  CHECK(reasonPhrase(507) == "Insufficient Storage");
  CHECK(reasonPhrase(299).empty());
}

TEST_CASE("percent-encoding is decoded, and refused when it is broken") {
  CHECK(percentDecode("a%20b%2Fc%2f%00").value() == std::string("a b/c/\0", 7));
  CHECK(percentDecode("").value().empty());
  CHECK(percentDecode("a+b").value() == "a+b");
  for (const char* text : {"%", "%2", "a%", "%g0", "%0g", "%%20", "% 2", "%-1"}) {
    INFO(text);
    CHECK_FALSE(percentDecode(text));
  }
}

TEST_CASE("percent-encoding keeps what is unreserved, and what it is told to keep") {
  CHECK(percentEncode("aZ9-._~") == "aZ9-._~");
  CHECK(percentEncode("a b/\xC3\xBC:%") == "a%20b%2F%C3%BC%3A%25");
  CHECK(percentEncode("a b/%", "/%") == "a%20b/%");
}

TEST_CASE("a query parameter is found by its whole name, the first one counts") {
  CHECK(queryParameter("a=1&b=2&a=3", "a") == "1");
  CHECK(queryParameter("a=1&b=2", "b") == "2");
  CHECK(queryParameter("ab=1", "a") == std::nullopt);
  CHECK(queryParameter("", "a") == std::nullopt);
  CHECK(queryParameter("a", "a") == "");
  CHECK(queryParameter("a=", "a") == "");
  CHECK(queryParameter("a=b=c", "a") == "b=c");
  CHECK(queryParameter("a=%26%3D", "a") == "&=");
  CHECK(queryParameter("a=%2", "a") == std::nullopt);
  CHECK(queryParameter("a=x+y", "a") == "x+y");
}

}  // namespace tigress
