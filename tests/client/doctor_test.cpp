#include "tigress/doctor.h"

#include <algorithm>
#include <map>

#include "tests/catch.h"
#include "tests/client/fake_dav_server.h"
#include "tests/client/two_devices.h"
#include "tigress/sweep.h"

using namespace tigress;
using namespace tigress::client;

namespace {

std::map<std::string, std::optional<bool>> examined(FakeDavServer& server) {
  const auto findings = examine(server.environment(), server, server.place());
  REQUIRE(findings);
  std::map<std::string, std::optional<bool>> verdicts;
  for (const Finding& finding : *findings) {
    CHECK(verdicts.emplace(finding.check, finding.holds).second);
    if (finding.holds == true) CHECK(finding.detail.empty());
  }
  return verdicts;
}

}  // namespace

TEST_CASE("a server that does everything passes every check, and nothing stays there") {
  FakeDavServer server;
  for (const auto& [check, holds] : examined(server)) {
    INFO(check);
    CHECK(holds == true);
  }
  CHECK(server.stored() == 0);
}

TEST_CASE("what a server lacks is the check that fails") {
  using Lacks = void (*)(FakeDavServer&);
  struct Row {
    Lacks take;
    std::vector<std::string> fails;
    bool usable;
  };
  const Row rows[] = {
      {[](FakeDavServer& server) { server.hasLocks = false; }, {"lock"}, true},
      {[](FakeDavServer& server) { server.holdsLocks = false; }, {"lock-held"}, true},
      {[](FakeDavServer& server) { server.showsTokens = false; }, {"lock-token"}, true},
      {[](FakeDavServer& server) { server.honoursIfMatch = false; }, {"if-match"}, true},
      {[](FakeDavServer& server) { server.honoursIfNoneMatch = false; }, {"if-none-match"}, true},
      {[](FakeDavServer& server) { server.tags = FakeDavServer::Tags::none; }, {"etag"}, true},
      {[](FakeDavServer& server) { server.tags = FakeDavServer::Tags::weak; }, {"etag"}, true},
      {[](FakeDavServer& server) { server.knowsMkcol = false; }, {"mkcol"}, false},
      {[](FakeDavServer& server) { server.takesFiles = false; }, {"put"}, false},
      {[](FakeDavServer& server) { server.resources.erase(FakeDavServer::kFolder); }, {"folder"}, false},
      {[](FakeDavServer& server) {
         server.answers = {{405, {}, {}}, {405, {}, {}}};
       },
       {"folder", "webdav"},
       false},
  };
  for (const Row& row : rows) {
    INFO(row.fails.front());
    FakeDavServer server;
    row.take(server);
    const std::size_t before = server.resources.size();
    const auto findings = examine(server.environment(), server, server.place());
    REQUIRE(findings);
    std::vector<std::string> failed;
    for (const Finding& finding : *findings) {
      if (finding.holds == false) failed.emplace_back(finding.check);
      if (finding.holds == false) CHECK_FALSE(finding.detail.empty());
    }
    std::sort(failed.begin(), failed.end());
    CHECK(failed == row.fails);
    CHECK(isUsable(*findings) == row.usable);
    CHECK(server.resources.size() == before);
  }
}

TEST_CASE("a share that the doctor could not remove is swept within the hour") {
  FakeDavServer server;
  server.showsTokens = false;
  server.before["UNLOCK"] = [&] { server.answers = {{500, {}, {}}}; };
  const auto verdicts = examined(server);
  CHECK(verdicts.at("unlock") == false);
  CHECK(verdicts.at("delete") == false);
  CHECK(server.stored() == 2);
  server.document().lockToken.clear();  // its time is up
  server.now += std::chrono::hours(1);
  const auto swept = sweep(server.environment(), server.place(), true);
  REQUIRE(swept);
  CHECK(swept->removed == 1);
}

TEST_CASE("who the doctor cannot speak to is a failure, not a finding") {
  FakeDavServer server;
  server.answers = {{401, {{"WWW-Authenticate", "Basic realm=\"x\""}}, {}}};
  checkFails(examine(server.environment(), server, server.place()), FailureCode::notAuthorized);
}
