#include "server/admission/bearer_tokens.h"

#include <string>

#include "tests/catch.h"

namespace tigress::admission {
namespace {

const std::string kDigest(32, '\x5A');

// No hash at all, but as long as one.
std::string fakeDigest(std::string_view bytes) {
  std::string digest(bytes.substr(0, 32));
  digest.resize(32);
  return digest;
}

}  // namespace

TEST_CASE("a token file comes back as it was written") {
  const BearerTokens tokens = {
      {"app-1", kDigest, parseRfc3339("2026-11-21T12:00:00Z").value()},
      {"Ops_2.b", std::string(32, '\0'), parseRfc3339("2026-11-22T00:00:00Z").value()}};
  const std::string text = printTokens(tokens);
  CHECK_THAT(text,
             Catch::Contains("\napp-1 WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo 2026-11-21T12:00:00Z\n"));
  const auto read = readTokens(text);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].name == "app-1");
  CHECK((*read)[0].digest == kDigest);
  CHECK((*read)[1].created == tokens[1].created);
  CHECK(printTokens(*read) == text);
}

TEST_CASE("comments, empty lines and no lines at all are good token files") {
  for (const char* text : {"", "\n", "# nothing\n\n"}) {
    const auto read = readTokens(text);
    REQUIRE(read);
    CHECK(read->empty());
  }
}

TEST_CASE("a bad line of a token file is named by its number and never quoted") {
  const std::string digest = "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo";
  const std::string lines[] = {
      "name",
      "name " + digest,
      "name " + digest + " yesterday",
      "name short 2026-11-21T12:00:00Z",
      "na/me " + digest + " 2026-11-21T12:00:00Z",
      "name " + digest + " 2026-11-21T12:00:00Z more",
      "a " + digest + " 2026-11-21T12:00:00Z\na " + digest + " 2026-11-21T12:00:00Z"};
  for (const std::string& line : lines) {
    INFO(line);
    const auto read = readTokens("# first\n" + line + "\n");
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().detail, Catch::StartsWith("line ") && !Catch::Contains(digest));
  }
}

TEST_CASE("names are short and plain") {
  for (const char* name : {"a", "A-1", "x_y.z", "0"}) CHECK(isTokenName(name));
  for (const char* name : {"", " ", "a b", "a/b", "ä", "a\n"}) CHECK_FALSE(isTokenName(name));
  CHECK(isTokenName(std::string(64, 'x')));
  CHECK_FALSE(isTokenName(std::string(65, 'x')));
}

TEST_CASE("tokens are drawn anew each time") {
  const std::string token = drawToken(systemRandom);
  CHECK(token.size() == 8 + 43);
  CHECK_THAT(token, Catch::StartsWith("tigress_"));
  CHECK(token != drawToken(systemRandom));
}

TEST_CASE("the bearer token is the one of the Authorization header") {
  struct Row {
    const char* value;
    const char* token;  // null: none
  };
  const Row rows[] = {
      {"Bearer abc", "abc"},   {"bearer abc", "abc"},
      {"BEARER   abc", "abc"}, {"Bearer a-._~+/9==", "a-._~+/9=="},
      {"Bearer", nullptr},     {"Bearer ", nullptr},
      {"Bearer a b", nullptr}, {"Bearer a,b", nullptr},
      {"Bearer =", nullptr},   {"Bearer a=b", nullptr},
      {"Basic abc", nullptr},  {"Bearerabc", nullptr},
      {"", nullptr},           {"abc", nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    const auto token = bearerToken({{"Authorization", row.value}});
    CHECK(token.value_or("none") == (row.token ? row.token : "none"));
  }
  CHECK_FALSE(bearerToken({}));
  CHECK_FALSE(bearerToken({{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}}));
}

TEST_CASE("a token is known by its digest, wherever it stands") {
  const BearerTokens tokens = {{"one", fakeDigest("first"), {}}, {"two", fakeDigest("second"), {}}};
  CHECK(holds(tokens, "first", fakeDigest));
  CHECK(holds(tokens, "second", fakeDigest));
  CHECK_FALSE(holds(tokens, "third", fakeDigest));
  CHECK_FALSE(holds(tokens, "", fakeDigest));
  CHECK_FALSE(holds({}, "first", fakeDigest));
}

}  // namespace tigress::admission
