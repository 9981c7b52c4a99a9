#include "server/share/outcome.h"

#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::share {
namespace {

TEST_CASE("every refusal has one status, and it is one with a reason phrase") {
  struct Row {
    RefusalCode code;
    int status;
  };
  const Row rows[] = {
      {RefusalCode::malformed, 400},       {RefusalCode::forbidden, 403},
      {RefusalCode::notFound, 404},        {RefusalCode::methodNotAllowed, 405},
      {RefusalCode::conflict, 409},        {RefusalCode::preconditionFailed, 412},
      {RefusalCode::contentTooLarge, 413}, {RefusalCode::unsupportedMediaType, 415},
      {RefusalCode::unprocessable, 422},   {RefusalCode::locked, 423},
      {RefusalCode::tooManyRequests, 429}, {RefusalCode::notImplemented, 501},
      {RefusalCode::unavailable, 503},     {RefusalCode::insufficientStorage, 507},
  };
  for (const Row& row : rows) {
    CHECK(statusOf(row.code) == row.status);
    CHECK_FALSE(reasonPhrase(row.status).empty());
  }
}

TEST_CASE("a refusal without a condition is a problem document") {
  const Response response = toResponse({RefusalCode::unprocessable, "say \"why\" & how"});
  CHECK(response.status == 422);
  CHECK(response.headers.get("Content-Type") == "application/problem+json");
  CHECK(response.headers.get("Cache-Control") == "no-store, no-transform");
  const auto document = Json::parse(response.body);
  REQUIRE(document);
  CHECK(*document->findString("type") == "about:blank");
  CHECK(*document->findString("title") == "Unprocessable Content");
  CHECK(document->find("status")->number()->text == "422");
  CHECK(*document->findString("detail") == "say \"why\" & how");
}

TEST_CASE("a refusal with a condition is a DAV:error") {
  const Response response =
      toResponse({RefusalCode::locked, "locked", "lock-token-submitted", {"/v1/x/share.json"}});
  CHECK(response.status == 423);
  CHECK(response.headers.get("Content-Type") == kXmlContentType);
  CHECK(response.body ==
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:error xmlns:D=\"DAV:\"><D:lock-token-submitted>"
        "<D:href>/v1/x/share.json</D:href></D:lock-token-submitted></D:error>");
}

TEST_CASE("rule 99: a full store is 507 with DAV:sufficient-disk-space, which has nothing inside") {
  const Response response =
      toResponse({RefusalCode::insufficientStorage, "no room", "sufficient-disk-space"});
  CHECK(response.status == 507);
  CHECK_THAT(response.body, Catch::Matchers::Contains("<D:sufficient-disk-space"));
  CHECK_THAT(response.body, !Catch::Matchers::Contains("href"));
}

TEST_CASE("a change knows the version it was worked out from") {
  Share share;
  share.id = *Uuid::parse("2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55");
  share.version = 3;
  const Change erase = Change::erase(share);
  CHECK(erase.expected == 3);
  CHECK(erase.id == share.id);
  CHECK_FALSE(erase.next);
  const Change write = Change::write(share);
  CHECK(write.expected == 3);
  CHECK(write.id == share.id);
  CHECK(write.next);
}

}  // namespace
}  // namespace tigress::share
