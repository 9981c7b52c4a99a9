#include "server/token_file.h"

#include <sys/stat.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "server/digest.h"
#include "server/token_command.h"
#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::relay {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using store::TemporaryFolder;

const TimePoint kNow = *parseRfc3339("2026-11-21T12:00:00Z");

struct Run {
  int code;
  std::string out;
  std::string err;
};

Run run(const std::string& path, const std::vector<std::string>& words, const std::string& name = "") {
  std::ostringstream out;
  std::ostringstream err;
  const int code = runTokenCommand({words, path, name}, systemRandom, kNow, out, err);
  return {code, out.str(), err.str()};
}

std::string addToken(const std::string& path, const std::string& name = "") {
  const Run done = run(path, {"add"}, name);
  REQUIRE(done.code == 0);
  return done.out.substr(0, done.out.size() - 1);
}

bool knows(TokenFile& file, const std::string& token) {
  return admission::holds(*file.tokens(), token, sha256);
}

void ignore(const std::string&) {}

}  // namespace

TEST_CASE("a token is shown once, and only its hash is kept, in a file for the owner's eyes") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  const Run added = run(path, {"add"}, "phone-app");
  CHECK(added.code == 0);
  CHECK_THAT(added.out, StartsWith("tigress_"));
  CHECK_THAT(added.err, Contains("phone-app") && Contains("once"));
  const std::string token = added.out.substr(0, added.out.size() - 1);
  CHECK_THAT(added.err, !Contains(token));
  CHECK_THAT(store::readAll(path), Contains("phone-app") && !Contains(token) && !Contains(token.substr(8)));
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);  // no other file is left
}

TEST_CASE("tokens are listed by name and day, never by what they are") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  CHECK(run(path, {"list"}).out.empty());
  const std::string first = addToken(path);
  addToken(path, "app");
  addToken(path);
  const Run list = run(path, {"list"});
  CHECK(list.code == 0);
  CHECK(list.out == "token-1 2026-11-21T12:00:00Z\napp 2026-11-21T12:00:00Z\ntoken-2 2026-11-21T12:00:00Z\n");
}

TEST_CASE("a revoked token is gone, the others stay") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  const std::string first = addToken(path, "first");
  const std::string second = addToken(path, "second");
  TokenFile file(path, ignore);
  REQUIRE(knows(file, first));
  CHECK(run(path, {"revoke", "first"}).code == 0);
  CHECK_FALSE(knows(file, first));
  CHECK(knows(file, second));
}

TEST_CASE("a wrong use of the command says what is right and changes nothing") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  addToken(path, "one");
  const std::string before = store::readAll(path);
  struct Row {
    std::vector<std::string> words;
    std::string name;
    int code;
    std::string says;
  };
  const Row rows[] = {
      {{}, "", 64, "token add"},
      {{"steal"}, "", 64, "token add"},
      {{"add", "two"}, "", 64, "--name"},
      {{"list", "x"}, "", 64, "token list"},
      {{"revoke"}, "", 64, "revoke NAME"},
      {{"revoke", "one"}, "one", 64, "revoke NAME"},
      {{"add"}, "a b", 64, "letters"},
      {{"add"}, "one", 65, "already"},
      {{"revoke", "two"}, "", 65, "no token"},
  };
  for (const Row& row : rows) {
    const Run done = run(path, row.words, row.name);
    CHECK(done.code == row.code);
    CHECK(done.out.empty());
    CHECK_THAT(done.err, StartsWith("tigress-relay: ") && Contains(row.says));
    CHECK(store::readAll(path) == before);
  }
}

TEST_CASE("a file that cannot be read or written is named, with the reason") {
  const TemporaryFolder folder;
  const Run missing = run(folder / "no/folder", {"add"});
  CHECK(missing.code == 74);
  CHECK_THAT(missing.err, Contains("no/folder") && Contains("No such file"));
  const std::string path = folder / "tokens";
  store::writeAll(path, "# mine\nnonsense\n");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"add"}, {"list"}, {"revoke", "x"}}) {
    const Run broken = run(path, words);
    CHECK(broken.code == 74);
    CHECK_THAT(broken.err, Contains("line 2"));
  }
  CHECK(store::readAll(path) == "# mine\nnonsense\n");
}

TEST_CASE("a running relay sees tokens that are added, edited by hand or taken away") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  TokenFile file(path, ignore);
  CHECK(file.tokens()->empty());
  const std::string token = addToken(path);
  CHECK(knows(file, token));
  CHECK(file.tokens() == file.tokens());  // not read again
  store::writeAll(path, "# nobody\n");
  CHECK_FALSE(knows(file, token));
  const std::string other = addToken(path);
  CHECK(knows(file, other));
  std::filesystem::remove(path);
  CHECK_FALSE(knows(file, other));
}

TEST_CASE("a token file that breaks while the relay runs is told of, and those it held stay in force") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  const std::string token = addToken(path);
  std::vector<std::string> errors;
  TokenFile file(path, [&](const std::string& what) { errors.push_back(what); });
  store::writeAll(path, "half a li");
  CHECK(knows(file, token));
  CHECK(knows(file, token));
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Contains(path) && Contains("line 1"));
  CHECK_THROWS_WITH(TokenFile(path, ignore), Contains("line 1"));
}

TEST_CASE("tokens added at the same time are all there") {
  const TemporaryFolder folder;
  const std::string path = folder / "tokens";
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) done += run(path, {"add"}).code == 0 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 20);
  CHECK(readTokenFile(path)->size() == 20);
}

}  // namespace tigress::relay
