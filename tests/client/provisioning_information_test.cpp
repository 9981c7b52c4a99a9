#include "tigress/provisioning_information.h"

#include "tests/catch.h"

using namespace tigress;
using namespace tigress::client;

TEST_CASE("provisioning information reads back as it was written") {
  const std::string text = R"({"format":"digitalwallet.carkey.ccc","content":{"b":1.50,"a":["x"]}})";
  const auto information = ProvisioningInformation::parse(text);
  REQUIRE(information);
  CHECK(information->format == "digitalwallet.carkey.ccc");
  CHECK(information->toJson().dump() == text);
}

TEST_CASE("what is not provisioning information is refused with what was expected") {
  for (const char* text :
       {"", "[]", "{}", R"({"format":"x"})", R"({"format":"","content":{}})", R"({"format":1,"content":{}})",
        R"({"format":"x","content":"y"})", R"({"format":"x","content":{},"extra":1})",
        R"({"format":"x","content":{},"format":"y"})"}) {
    INFO(text);
    const auto information = ProvisioningInformation::parse(text);
    REQUIRE_FALSE(information);
    CHECK_FALSE(information.error().detail.empty());
  }
}

TEST_CASE("a bare JSON object becomes the content of a format") {
  const auto information = ProvisioningInformation::wrap("digitalwallet.generic", R"({"token":"t"})");
  REQUIRE(information);
  CHECK(information->toJson().dump() == R"({"format":"digitalwallet.generic","content":{"token":"t"}})");
  CHECK_FALSE(ProvisioningInformation::wrap("", "{}"));
  CHECK_FALSE(ProvisioningInformation::wrap("x", "[1]"));
}

TEST_CASE("what can be wrapped can be read, however deep it is") {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 1; i < levels; ++i) text += "{\"a\":";
    return text + "{}" + std::string(static_cast<std::size_t>(levels - 1), '}');
  };
  const int deepest = ProvisioningInformation::kDepth - 1;
  const auto information = ProvisioningInformation::wrap("x", nested(deepest));
  REQUIRE(information);
  CHECK(ProvisioningInformation::parse(information->toJson().dump()));
  CHECK_FALSE(ProvisioningInformation::wrap("x", nested(deepest + 1)));
}
