#include "tigress/claim.h"

#include <fstream>
#include <iterator>

#include "tests/catch.h"
#include "tigress/json.h"

using namespace tigress;
using namespace tigress::client;

TEST_CASE("claim vectors: a secret gives its proof and its verifier") {
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/claims.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Json vectors = *Json::parse(text);
  const Json::Array& claims = *vectors.find("claims")->array();
  REQUIRE_FALSE(claims.empty());
  for (const Json& vector : claims) {
    INFO(*vector.findString("name"));
    const Secret secret = *Secret::parse(*vector.findString("secret"));
    CHECK(claimProof(secret) == *vector.findString("proof"));
    CHECK(claimVerifier(secret) == *vector.findString("claimVerifier"));
  }
}
