#include "server/dav/preconditions.h"

#include "common/text.h"
#include "server/dav/share_status.h"
#include "server/share/preconditions.h"

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

bool hasDocument(const Call& call) {
  return call.target.kind == Target::Kind::document && call.isMapped();
}

// The tag of what a GET of this resource gives; empty if there is none.
std::string currentTag(const Call& call) {
  if (!call.isMapped()) return {};
  return hasDocument(call) ? call.share->etag : statusOf(*call.share, call.party).etag;
}

share::Validators validatorsOf(const Call& call) {
  const auto modified = hasDocument(call) ? std::optional(call.share->modified) : std::nullopt;
  return {call.isMapped(), [&call] { return currentTag(call); }, modified};
}

}  // namespace

bool Call::isMapped() const {
  if (!share || share->stage == share::Stage::reserved) return false;
  return target.kind == Target::Kind::collection || share->stage == share::Stage::filled;
}

share::Refusal noSuchShare(const Call& call) {
  return share::noSuchShare(call.ended, call.caller);
}

std::optional<share::Refusal> failedPrecondition(const Call& call) {
  if (!ifHolds(call)) return share::preconditionFailed();
  return share::failedPrecondition(call.request, validatorsOf(call));
}

bool isNotModified(const Call& call) {
  return share::isNotModified(call.request, validatorsOf(call));
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
