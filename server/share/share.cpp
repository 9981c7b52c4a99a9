#include "server/share/share.h"

#include <algorithm>

#include "common/base64.h"

namespace tigress::share {

bool isLive(const Share& share, TimePoint now) {
  return now < share.expires;
}

std::optional<Share> remainsOf(const Share& share, End end, TimePoint now) {
  if (!share.claims || share.stage == Stage::ended) return std::nullopt;
  const TimePoint ended = std::min(now, share.expires);
  Share tombstone;
  tombstone.id = share.id;
  tombstone.version = share.version;
  tombstone.stage = Stage::ended;
  tombstone.created = share.created;
  tombstone.modified = ended;
  tombstone.expires = ended + share.claims->remembered;
  tombstone.claims = share.claims;
  tombstone.end = end;
  if (!isLive(tombstone, now)) return std::nullopt;
  return tombstone;
}

SharePointer asOf(SharePointer share, TimePoint now) {
  if (!share || isLive(*share, now)) return share;
  auto tombstone = remainsOf(*share, End::expired, now);
  return tombstone ? std::make_shared<const Share>(std::move(*tombstone)) : nullptr;
}

Share reserve(const RandomSource& random, TimePoint now, const Lifetimes& lifetimes) {
  Share share;
  share.id = Uuid::random(random);
  share.created = now;
  share.modified = now;
  share.expires = now + lifetimes.reservation;
  return share;
}

void fill(Share& share, std::string body, DisplayInformation display, const RandomSource& random,
          TimePoint now, TimePoint expires) {
  constexpr std::size_t kTagBytes = 12;
  if (share.stage != Stage::filled) share.expires = expires;
  share.stage = Stage::filled;
  share.modified = now;
  share.body = std::move(body);
  share.etag = '"' + base64UrlEncode(randomBytes(random, kTagBytes)) + '"';
  share.display = std::move(display);
}

std::optional<TimePoint> expiryOf(std::optional<TimePoint> asked, TimePoint now, const Lifetimes& lifetimes) {
  const TimePoint latest = now + lifetimes.longest;
  const TimePoint expires = std::min(asked.value_or(now + lifetimes.share), latest);
  if (expires <= now) return std::nullopt;
  return expires;
}

std::string pathOf(const Uuid& id, Member member) {
  return "/v1/" + id.toString() + (member == Member::document ? "/share.json" : "/");
}

}  // namespace tigress::share
