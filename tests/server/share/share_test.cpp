#include "server/share/share.h"

#include "tests/catch.h"
#include "tigress/http_message.h"

namespace tigress::share {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow = *parseRfc3339("2026-11-21T12:00:00Z");

// Counts up, so that every draw differs.
RandomSource counter() {
  return
      [next = std::make_shared<unsigned char>(static_cast<unsigned char>(0))](void* out, std::size_t size) {
        ++*next;
        for (std::size_t i = 0; i < size; ++i) static_cast<unsigned char*>(out)[i] = *next;
      };
}

TEST_CASE("a share is live until its moment of expiry, and not at it") {
  Share share;
  share.expires = kNow;
  CHECK(isLive(share, kNow - milliseconds(1)));
  CHECK_FALSE(isLive(share, kNow));
  const auto pointer = std::make_shared<const Share>(share);
  CHECK(asOf(pointer, kNow - milliseconds(1)) == pointer);
  CHECK(asOf(pointer, kNow) == nullptr);
  CHECK(asOf(nullptr, kNow) == nullptr);
}

TEST_CASE("what remains of a claimed share is a tombstone without content, and in time nothing") {
  Share share;
  share.expires = kNow;
  share.stage = Stage::filled;
  share.body = "body";
  share.etag = "\"tag\"";
  share.display.title = "title";
  share.locks.emplace_back();
  CHECK_FALSE(remainsOf(share, End::expired, kNow));  // an open share leaves nothing
  share.claims = Claims{{"sender", ""}, {"receiver", ""}, "", {}, hours(2)};

  const auto tombstone = remainsOf(share, End::expired, kNow + hours(1));
  REQUIRE(tombstone);
  CHECK(tombstone->stage == Stage::ended);
  CHECK(tombstone->body.empty());
  CHECK(tombstone->etag.empty());
  CHECK(tombstone->locks.empty());
  CHECK_FALSE(tombstone->display.title);
  CHECK(tombstone->expires == kNow + hours(2));
  CHECK_FALSE(remainsOf(share, End::expired, kNow + hours(2)));
  CHECK_FALSE(remainsOf(*tombstone, End::expired, kNow + hours(2)));

  const SharePointer seen = asOf(std::make_shared<const Share>(share), kNow + hours(1));
  REQUIRE(seen);
  CHECK(seen->stage == Stage::ended);
  CHECK(asOf(std::make_shared<const Share>(share), kNow + hours(2)) == nullptr);
}

TEST_CASE("the identifier of a share that ended early stays taken while a repeat of its creation is known") {
  Share share;
  share.expires = kNow + hours(24);
  share.stage = Stage::filled;
  struct Row {
    hours remembered;
    hours ended;
    std::optional<hours> told;   // until when its sender is told
    std::optional<hours> taken;  // until when, after that, nothing but the identifier is kept
  };
  const Row row =
      GENERATE(Row{hours(0), hours(1), {}, hours(24)}, Row{hours(2), hours(1), hours(3), hours(24)},
               Row{hours(2), hours(23), hours(25), {}}, Row{hours(0), hours(24), {}, {}},
               Row{hours(2), hours(24), hours(26), {}});
  CAPTURE(row.remembered.count(), row.ended.count());
  share.claims = Claims{{"sender", "request"}, {"receiver", ""}, "", {}, row.remembered};

  auto rest = remainsOf(share, End::cancelled, kNow + row.ended);
  REQUIRE(rest.has_value() == (row.told || row.taken));
  if (row.told) {
    CHECK(rest->claims);
    CHECK(rest->expires == kNow + *row.told);
    rest = remainsOf(*rest, End::expired, rest->expires);
  }
  REQUIRE(rest.has_value() == row.taken.has_value());
  if (!row.taken) return;
  CHECK(rest->stage == Stage::ended);
  CHECK_FALSE(rest->claims);
  CHECK(rest->expires == kNow + *row.taken);
  CHECK_FALSE(remainsOf(*rest, End::expired, rest->expires));
}

TEST_CASE("a share lives as long as its creator asks, at most the longest time") {
  const Lifetimes lifetimes{hours(24), hours(48), seconds(60), hours(24)};
  CHECK(expiryOf(std::nullopt, kNow, lifetimes) == kNow + hours(24));
  CHECK(expiryOf(kNow + hours(1), kNow, lifetimes) == kNow + hours(1));
  CHECK(expiryOf(kNow + hours(48), kNow, lifetimes) == kNow + hours(48));
  CHECK(expiryOf(kNow + hours(49), kNow, lifetimes) == kNow + hours(48));
  CHECK(expiryOf(kNow + milliseconds(1), kNow, lifetimes) == kNow + milliseconds(1));
  CHECK_FALSE(expiryOf(kNow, kNow, lifetimes));
  CHECK_FALSE(expiryOf(kNow - seconds(1), kNow, lifetimes));
  CHECK(expiryOf(std::nullopt, kNow, {hours(24), hours(1), seconds(60)}) == kNow + hours(1));
}

TEST_CASE("a reservation has an identifier and little time") {
  const RandomSource random = counter();
  const Share first = reserve(random, kNow, {});
  const Share second = reserve(random, kNow, {});
  CHECK(first.id != second.id);
  CHECK(first.stage == Stage::reserved);
  CHECK(first.version == 0);
  CHECK(first.expires == kNow + seconds(60));
  CHECK(first.etag.empty());
}

TEST_CASE("filling a share begins its life once, and gives every content a tag of its own") {
  const RandomSource random = counter();
  Share share = reserve(random, kNow, {});
  fill(share, "one", {}, random, kNow + seconds(5), kNow + hours(24));
  CHECK(share.stage == Stage::filled);
  CHECK(share.expires == kNow + hours(24));
  CHECK(share.modified == kNow + seconds(5));
  CHECK(share.created == kNow);
  CHECK(EntityTag::parse(share.etag));
  const std::string first = share.etag;

  fill(share, "one", {}, random, kNow + seconds(6), kNow + hours(30));
  CHECK(share.etag != first);
  CHECK(share.modified == kNow + seconds(6));
  CHECK(share.expires == kNow + hours(24));
}

}  // namespace
}  // namespace tigress::share
