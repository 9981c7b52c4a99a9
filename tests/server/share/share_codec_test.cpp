#include "server/share/share_codec.h"

#include "tests/catch.h"

namespace tigress::share {
namespace {

Share fullShare() {
  Share share;
  share.id = *Uuid::parse("2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55");
  share.version = 7;
  share.stage = Stage::filled;
  share.created = *parseRfc3339("2026-11-21T12:00:00.001Z");
  share.modified = *parseRfc3339("2026-11-21T12:00:01.002Z");
  share.expires = *parseRfc3339("2026-11-22T12:00:02.003Z");
  share.body = std::string("{\"a\":\0\"\xC3\xBC\"}", 11);
  share.etag = "\"tag\"";
  share.display.title = "a title";
  share.display.description = "";
  Lock lock;
  lock.token = "urn:uuid:1";
  lock.scope = LockScope::shared;
  lock.depth = LockDepth::infinity;
  lock.root = Member::collection;
  lock.owner = "<D:owner xmlns:D=\"DAV:\">me</D:owner>";
  lock.expires = *parseRfc3339("2026-11-21T13:00:00Z");
  share.locks = {lock, lock};
  share.locks[1].token = "urn:uuid:2";
  share.locks[1].scope = LockScope::exclusive;
  share.end = End::completed;
  share.createdAs = *Uuid::parse("3f9c2d2f-7a1b-4f94-8c4b-1e0b1d2a8b66");
  Claims claims;
  claims.sender = {std::string(32, 's'), std::string(32, '1')};
  claims.receiver = {std::string(32, 'r'), ""};
  claims.verifier = std::string(32, 'v');
  claims.rights = {true, false, true};
  claims.remembered = std::chrono::hours(24);
  share.claims = claims;
  return share;
}

void checkSame(const Share& a, const Share& b) {
  CHECK(a.stage == b.stage);
  CHECK(a.created == b.created);
  CHECK(a.modified == b.modified);
  CHECK(a.expires == b.expires);
  CHECK(a.body == b.body);
  CHECK(a.etag == b.etag);
  CHECK(a.display == b.display);
  CHECK(a.end == b.end);
  CHECK(a.createdAs == b.createdAs);
  REQUIRE(a.claims.has_value() == b.claims.has_value());
  if (a.claims) {
    CHECK(a.claims->sender.claim == b.claims->sender.claim);
    CHECK(a.claims->sender.lastRequest == b.claims->sender.lastRequest);
    CHECK(a.claims->receiver.claim == b.claims->receiver.claim);
    CHECK(a.claims->receiver.lastRequest == b.claims->receiver.lastRequest);
    CHECK(a.claims->verifier == b.claims->verifier);
    CHECK(a.claims->rights.read == b.claims->rights.read);
    CHECK(a.claims->rights.write == b.claims->rights.write);
    CHECK(a.claims->rights.remove == b.claims->rights.remove);
    CHECK(a.claims->remembered == b.claims->remembered);
  }
  REQUIRE(a.locks.size() == b.locks.size());
  for (std::size_t i = 0; i < a.locks.size(); ++i) {
    CHECK(a.locks[i].token == b.locks[i].token);
    CHECK(a.locks[i].scope == b.locks[i].scope);
    CHECK(a.locks[i].depth == b.locks[i].depth);
    CHECK(a.locks[i].root == b.locks[i].root);
    CHECK(a.locks[i].owner == b.locks[i].owner);
    CHECK(a.locks[i].expires == b.locks[i].expires);
  }
}

TEST_CASE("a share comes back from its bytes as it was, without what the store keeps beside them") {
  const Share share = fullShare();
  const auto back = decodeShare(encodeShare(share));
  REQUIRE(back);
  checkSame(*back, share);
  CHECK(back->id == Uuid());
  CHECK(back->version == 0);
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
  // identifier with its length, and a flag: no claims.
  constexpr std::size_t kFromTheEnd = 8 + 8 + 1 + (8 + 16) + 1;
  bytes[bytes.size() - kFromTheEnd] = '\x7F';
  CHECK_FALSE(decodeShare(bytes));
}

}  // namespace
}  // namespace tigress::share
