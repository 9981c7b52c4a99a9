#include "server/relay.h"

#include "server/digest.h"
#include "server/mailbox/handler.h"
#include "server/preview/negotiation.h"
#include "server/share/claims.h"
#include "server/share/share_codec.h"

namespace tigress::relay {
namespace {

using share::Target;

// Each round of compare-and-swap has a winner, so this many losses in a row mean the store is not well.
constexpr int kMostAttempts = 1000;

bool isRead(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool namesShare(const Target& target) {
  return target.kind == Target::Kind::collection || target.kind == Target::Kind::document ||
         target.kind == Target::Kind::otherMember || target.kind == Target::Kind::mailbox;
}

bool isMailbox(const Target& target) {
  return target.kind == Target::Kind::mailboxes || target.kind == Target::Kind::mailbox;
}

preview::PageSettings withOrigin(preview::PageSettings settings, const share::Rules& rules) {
  settings.publicOrigin = rules.origin;
  return settings;
}

// 304 for pages and files, which have tags of their own (RFC 9110 section 13.1.2).
Response unlessKnown(const Request& request, Response response) {
  const auto known = request.headers.joined("If-None-Match");
  const auto list = known ? EntityTagList::parse(*known) : std::nullopt;
  if (response.status != 200 || !list || !response.headers.has("ETag")) return response;
  if (!list->matchesWeakly(response.headers.get("ETag"))) return response;
  response.status = 304;
  response.body.clear();
  response.headers.remove("Content-Type");
  return response;
}

}  // namespace

Relay::Relay(RelayParts parts)
    : parts_(std::move(parts)),
      sha256_(sha256),
      context_{parts_.rules, parts_.random, sha256_, *parts_.store},
      userAgents_(parts_.crawlers),
      assets_(parts_.appLinks, sha256),
      page_(withOrigin(parts_.pages, parts_.rules), assets_, sha256) {}

Response Relay::answer(const Request& request) {
  const Target target = share::parseTarget(request.target);
  if (!isRead(request)) return answerDialect(target, request);
  if (auto page = answerPage(target, request)) return unlessKnown(request, std::move(*page));
  Response response = answerDialect(target, request);
  response.headers.set("Vary", std::string(preview::kVary));  // the other face of the URL is one header away
  return response;
}

std::optional<Response> Relay::answerToHead(const Request& head) {
  const Target target = share::parseTarget(head.target);
  if (isMailbox(target)) return std::nullopt;  // a mailbox's body is small
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const TimePoint now = parts_.clock();
    auto outcome = dav::answerToHead(context_, target, find(target, now), head, now);
    if (!outcome) return std::nullopt;
    if (auto response = settle(std::move(*outcome))) return response;
  }
  return share::problem(503, "too many requests want this share at once; try again");
}

// The faces of a URL that people and crawlers see. Nothing if the answer is the dialect's.
std::optional<Response> Relay::answerPage(const Target& target, const Request& request) const {
  const std::string acceptLanguage = request.headers.joined("Accept-Language").value_or("");
  if (target.kind == Target::Kind::root) return page_.homePage(acceptLanguage);
  if (target.kind == Target::Kind::file) {
    if (auto file = assets_.find(target.path)) return file;
  }
  const bool hasNoPage = target.kind == Target::Kind::factory || target.kind == Target::Kind::mailboxes ||
                         target.kind == Target::Kind::malformed;
  if (hasNoPage) return std::nullopt;
  if (preview::chooseFace(request, target.query, userAgents_) == preview::Face::json) return std::nullopt;
  const TimePoint now = parts_.clock();
  const bool mayShow = target.kind == Target::Kind::collection || target.kind == Target::Kind::document ||
                       target.kind == Target::Kind::mailbox;
  const share::SharePointer share = mayShow ? share::see(find(target, now)).share : nullptr;
  // A share that nobody filled yet has nothing to announce.
  if (!share || share->body.empty()) return page_.notFoundPage(acceptLanguage);
  preview::PageModel model;
  model.path = target.kind == Target::Kind::mailbox ? mailbox::pathOf(share->id)
                                                    : share::pathOf(share->id, share::Member::document);
  const std::string vertical = queryParameter(target.query, "v").value_or("");
  model.vertical = vertical == "c" || vertical == "h" || vertical == "a" ? vertical.front() : '\0';
  model.display = share->display;
  model.expires = share->expires;
  model.acceptLanguage = acceptLanguage;
  return page_.sharePage(model);
}

Response Relay::answerDialect(const Target& target, const Request& request) {
  // Taken before the share is read, so that no change falls between the two.
  std::optional<notify::Watchers::Ticket> ticket;
  if (isRead(request) && request.headers.has("Prefer") && namesShare(target))
    ticket.emplace(watchers_, target.id);
  std::optional<std::chrono::steady_clock::time_point> deadline;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const TimePoint now = parts_.clock();
    const share::SharePointer share = find(target, now);
    share::Outcome outcome = isMailbox(target) ? mailbox::answer(context_, target, share, request, now)
                                               : dav::answer(context_, target, share, request, now);
    if (outcome.wait && ticket) {
      const auto moment = std::chrono::steady_clock::now();
      if (!deadline) deadline = moment + outcome.wait->longest;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - moment);
      // Woken, or out of time, or at the share's end: look again, and wait again only if it was a change.
      if (!ticket->wait(std::min(left, share->expires - now))) ticket.reset();
      continue;
    }
    if (auto response = settle(std::move(outcome))) return *response;
  }
  return share::problem(503, "too many requests want this share at once; try again");
}

std::optional<Response> Relay::settle(share::Outcome outcome) {
  store::Commit committed = store::Commit::done;
  if (outcome.receipt) committed = commit(*outcome.receipt);
  if (outcome.change && committed == store::Commit::done) committed = commit(*outcome.change);
  switch (committed) {
    case store::Commit::done:
      if (outcome.change) watchers_.changed(outcome.change->id);
      return std::move(outcome.response);
    case store::Commit::unknown:
    case store::Commit::conflict:
      return std::nullopt;
    case store::Commit::full:
      return toResponse(share::Refusal{share::RefusalCode::insufficientStorage,
                                       "the relay has no room for this now; try again later",
                                       "sufficient-disk-space"});
  }
  return std::nullopt;
}

// An outcome nobody knows is settled by looking.
store::Commit Relay::commit(const share::Change& change) {
  const store::Commit committed = parts_.store->commit(change);
  if (committed == store::Commit::unknown && isStored(change)) return store::Commit::done;
  return committed;
}

bool Relay::isStored(const share::Change& change) const {
  const share::SharePointer stored = parts_.store->find(change.id);
  if (!change.next) return stored == nullptr;
  // The version alone could be another request's; the ETag too, if that one locked or unlocked.
  return stored && stored->version == change.expected + 1 &&
         share::encodeShare(*stored) == share::encodeShare(*change.next);
}

share::SharePointer Relay::find(const Target& target, TimePoint now) const {
  return namesShare(target) ? share::asOf(parts_.store->find(target.id), now) : nullptr;
}

std::size_t Relay::removeExpired(std::size_t batch) {
  std::size_t total = 0;
  for (;;) {
    const auto removed = parts_.store->removeExpired(parts_.clock(), batch);
    for (const Uuid& id : removed) watchers_.changed(id);
    total += removed.size();
    if (removed.size() < batch) return total;
  }
}

void Relay::endWaits() {
  watchers_.stop();
}

}  // namespace tigress::relay
