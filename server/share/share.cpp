#include "server/share/share.h"

#include <algorithm>

#include "common/base64.h"

namespace tigress::share {

using std::chrono::seconds;

bool isLive(const Share& share, TimePoint now) {
  return now < share.expires;
}

std::optional<Share> remainsOf(const Share& share, End end, TimePoint now) {
  if (!share.claims) return std::nullopt;
  const TimePoint ended = std::min(now, share.expires);
  Share rest;
  rest.id = share.id;
  rest.version = share.version;
  rest.stage = Stage::ended;
  rest.created = share.created;
  rest.modified = ended;
  rest.expires = ended + share.claims->remembered;
  rest.end = end;
  if (share.stage != Stage::ended) {
    rest.claims = share.claims;
    rest.claims->remembered = seconds(0);
    // A creation with a request id left a receipt for as long as the share was to live.
    if (!share.claims->sender.lastRequest.empty() && rest.expires < share.expires)
      rest.claims->remembered = std::chrono::ceil<seconds>(share.expires - rest.expires);
  }
  if (!isLive(rest, now)) return remainsOf(rest, end, now);
  return rest;
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
