#include "server/share/share_codec.h"

#include "tests/server/share/full_share.h"

namespace tigress::share {
namespace {

TEST_CASE("a share comes back from its bytes as it was, without what the store keeps beside them") {
  const Share share = fullShare();
  auto back = decodeShare(encodeShare(share));
  REQUIRE(back);
  CHECK(back->id == Uuid());
  CHECK(back->version == 0);
  back->id = share.id;
  checkSame(*back, share);
}

TEST_CASE("so does one of every stage, and an empty one") {
  for (const Stage stage : {Stage::reserved, Stage::empty, Stage::filled}) {
    Share share;
    share.stage = stage;
    const auto back = decodeShare(encodeShare(share));
    REQUIRE(back);
    checkSame(*back, share);
  }
}

TEST_CASE("a record without registrations is written as before there were any") {
  Share share = fullShare();
  CHECK(encodeShare(share)[0] == 2);
  share.registrations.clear();
  const std::string bytes = encodeShare(share);
  CHECK(bytes[0] == 1);
  const auto back = decodeShare(bytes);
  REQUIRE(back);
  CHECK(back->registrations.empty());
  std::string none = bytes;  // has one form only
  none[0] = 2;
  CHECK_FALSE(decodeShare(none + std::string(8, '\0')));
}

TEST_CASE("a time before 1970 survives") {
  Share share;
  share.created = TimePoint(std::chrono::milliseconds(-1));
  const auto back = decodeShare(encodeShare(share));
  REQUIRE(back);
  CHECK(back->created == share.created);
}

TEST_CASE("bytes that were cut anywhere are no share") {
  const std::string bytes = encodeShare(fullShare());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(decodeShare(std::string_view(bytes).substr(0, length)));
  }
  CHECK_FALSE(decodeShare(bytes + '\0'));
}

TEST_CASE("bytes of another format are no share") {
  std::string bytes = encodeShare(fullShare());
  ++bytes[0];
  CHECK_FALSE(decodeShare(bytes));
  CHECK_FALSE(decodeShare("{\"json\":1}"));
}

TEST_CASE("flipping a bit never does more than spoil the share") {
  const std::string bytes = encodeShare(fullShare());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string torn = bytes;
      torn[i] = static_cast<char>(static_cast<unsigned char>(torn[i]) ^ (1U << bit));
      const auto share = decodeShare(torn);
      if (share) CHECK(encodeShare(*share) == torn);  // read as what it now says, nothing made up
    }
  }
}

TEST_CASE("a number of locks beyond all bounds costs nothing") {
  Share share;
  std::string bytes = encodeShare(share);
  // The number of locks stands before the length of the empty body, and after that come an end, an
  // identifier, and a flag: no claims.
  constexpr std::size_t kFromTheEnd = 8 + 8 + 1 + 16 + 1;
  bytes[bytes.size() - kFromTheEnd] = '\x7F';
  CHECK_FALSE(decodeShare(bytes));
}

}  // namespace
}  // namespace tigress::share
