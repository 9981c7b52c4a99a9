#include "tigress/secret.h"

#include <type_traits>

#include "client/src/secret_bytes.h"
#include "tests/catch.h"
#include "tigress/share_link.h"

using namespace tigress;
using namespace tigress::client;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

namespace {

constexpr auto kFragment = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

}  // namespace

TEST_CASE("a fresh secret has one spelling in both base64 alphabets") {
  for (int i = 0; i < 200; ++i) {
    const Secret secret =
        Secret::generate(i % 2 ? Secret::Size::bits128 : Secret::Size::bits256, systemRandom);
    const std::string fragment = secret.toFragment();
    CHECK(fragment.size() == (i % 2 ? 22 : 43));
    CHECK(fragment.find_first_of("+/-_=") == std::string::npos);
  }
}

TEST_CASE("a secret comes back from its fragment") {
  const auto secret = Secret::parse(kFragment);
  REQUIRE(secret);
  CHECK(secret->size() == Secret::Size::bits256);
  CHECK(secret->toFragment() == kFragment);
  CHECK(SecretBytes::of(*secret).substr(0, 4) == std::string_view("\0\1\2\3", 4));
}

TEST_CASE("a secret that moved on leaves nothing behind") {
  Secret first = *Secret::parse(kFragment);
  const Secret second = std::move(first);
  CHECK(second.toFragment() == kFragment);
  CHECK(SecretBytes::of(first) == std::string(32, '\0'));  // NOLINT(bugprone-use-after-move): the point
}

TEST_CASE("a share link shows its secret only when asked to") {
  const std::string address = "https://relay.example/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json?v=c";
  const auto link = ShareLink::parse(address + "#" + kFragment + ".");
  REQUIRE(link);
  CHECK(link->url.toString() == address);
  CHECK(link->reveal() == address + "#" + kFragment);
}

TEST_CASE("a cut share link is incomplete, whichever half is cut") {
  for (const char* text : {"https://relay.example/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json?v=c",
                           "https://relay.example/v1/2bba630e#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}) {
    const auto link = ShareLink::parse(text);
    REQUIRE_FALSE(link);
    CHECK(link.error().code == FailureCode::linkIncomplete);
  }
}
