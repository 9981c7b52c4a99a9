#include "server/dav/preconditions.h"

#include "common/text.h"
#include "server/dav/share_status.h"

namespace tigress::dav {
namespace {

using share::Member;
using share::Target;

ResourceState stateOf(const Call& call, const share::SharePointer& share, Member member) {
  ResourceState state;
  if (!share) return state;
  if (member == Member::document && share->stage == share::Stage::filled) state.etag = share->etag;
  for (const share::Lock* lock : share::locksOn(*share, member, call.now))
    state.lockTokens.insert(lock->token);
  return state;
}

// A tag names a resource of this host by absolute URI or absolute path (RFC 4918 section 10.4.4). A proxy
// may have ended TLS, so the scheme is not compared. What we do not serve has no state.
ResourceState stateOfTag(const Call& call, const std::string& uri) {
  const auto split = share::splitUri(uri);
  if (!split) return {};
  const auto own = share::splitUri(call.context.rules.origin);
  const bool ours = split->authority.empty() ||
                    equalsIgnoreCase(split->authority, call.request.headers.get("Host")) ||
                    (own && equalsIgnoreCase(split->authority, own->authority));
  if (!ours) return {};
  const Target target = share::parseTarget(split->pathAndQuery);
  if (target.kind != Target::Kind::collection && target.kind != Target::Kind::document) return {};
  const Member member = target.kind == Target::Kind::document ? Member::document : Member::collection;
  if (target.id == call.target.id) return stateOf(call, call.share, member);
  return stateOf(call, share::see(share::asOf(call.context.shares.find(target.id), call.now)).share, member);
}

bool ifHolds(const Call& call) {
  if (!call.condition) return true;
  return holds(*call.condition, [&](const std::string& resource) {
    return resource.empty() ? stateOf(call, call.share, call.member()) : stateOfTag(call, resource);
  });
}

// HTTP dates have whole seconds.
TimePoint lastModified(const Call& call) {
  return std::chrono::floor<std::chrono::seconds>(call.share->modified);
}

bool hasDocument(const Call& call) {
  return call.target.kind == Target::Kind::document && call.isMapped();
}

// The tag of what a GET of this resource gives; empty if there is none.
std::string currentTag(const Call& call) {
  if (!call.isMapped()) return {};
  return hasDocument(call) ? call.share->etag : statusOf(*call.share, call.party).etag;
}

std::optional<EntityTagList> tags(const Call& call, std::string_view field) {
  const auto text = call.request.headers.joined(field);
  if (!text) return std::nullopt;
  // A list that cannot be read matches nothing.
  return EntityTagList::parse(*text).value_or(EntityTagList{});
}

// A date that cannot be read is as if it were not there (RFC 9110 sections 13.1.3 and 13.1.4).
std::optional<TimePoint> date(const Call& call, std::string_view field) {
  const auto text = call.request.headers.find(field);
  return text ? parseHttpDate(*text) : std::nullopt;
}

bool isRead(const Call& call) {
  return call.request.method == "GET" || call.request.method == "HEAD";
}

}  // namespace

bool Call::isMapped() const {
  if (!share || share->stage == share::Stage::reserved) return false;
  return target.kind == Target::Kind::collection || share->stage == share::Stage::filled;
}

Verdict evaluatePreconditions(const Call& call) {
  if (!ifHolds(call)) return Verdict::failed;
  const std::string etag = currentTag(call);
  if (const auto list = tags(call, "If-Match")) {
    const bool matches = list->any ? call.isMapped() : !etag.empty() && list->matchesStrongly(etag);
    if (!matches) return Verdict::failed;
  } else if (const auto since = date(call, "If-Unmodified-Since")) {
    if (hasDocument(call) && lastModified(call) > *since) return Verdict::failed;
  }
  if (const auto list = tags(call, "If-None-Match")) {
    const bool matches = list->any ? call.isMapped() : !etag.empty() && list->matchesWeakly(etag);
    if (matches) return isRead(call) ? Verdict::notModified : Verdict::failed;
  } else if (const auto since = date(call, "If-Modified-Since")) {
    if (isRead(call) && hasDocument(call) && lastModified(call) <= *since) return Verdict::notModified;
  }
  return Verdict::proceed;
}

share::Refusal noSuchShare(const Call& call) {
  return share::noSuchShare(call.ended, call.caller);
}

std::optional<share::Refusal> failedPrecondition(const Call& call) {
  if (evaluatePreconditions(call) != Verdict::failed) return std::nullopt;
  return share::Refusal{share::RefusalCode::preconditionFailed,
                        "a condition of the request does not hold; read the share again and retry"};
}

std::optional<share::Refusal> blockedByLock(const Call& call, share::Write write) {
  if (!call.share) return std::nullopt;
  const auto root = share::blockedBy(*call.share, write, call.submitted, call.now);
  if (!root) return std::nullopt;
  return share::Refusal{share::RefusalCode::locked,
                        "locked; send the lock token in an If header",
                        "lock-token-submitted",
                        {share::pathOf(call.share->id, *root)}};
}

bool ifRangeHolds(const Call& call) {
  const auto text = call.request.headers.find("If-Range");
  if (!text) return true;
  if (const auto tag = EntityTag::parse(trimmed(*text))) return !tag->weak && tag->opaque == call.share->etag;
  // A date is too weak a validator for documents that may change twice in a second.
  return false;
}

}  // namespace tigress::dav
