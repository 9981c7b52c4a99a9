#include "server/relay.h"

#include "server/digest.h"
#include "server/mailbox/handler.h"
#include "server/preview/negotiation.h"
#include "server/share/claims.h"
#include "server/share/share_codec.h"
#include "server/store/probe.h"

namespace tigress::relay {
namespace {

using share::Target;

// Each round of compare-and-swap has a winner, so this many losses in a row mean the store is not well.
constexpr int kMostAttempts = 1000;

bool isRead(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// Fronts know the address of every peer; in a test there may be none.
IpAddress peerOf(const Request& request) {
  return IpAddress::parse(request.peer).value_or(IpAddress());
}

bool isMailbox(const Target& target) {
  return target.kind == Target::Kind::mailboxes || target.kind == Target::Kind::mailbox;
}

preview::PageSettings withOrigin(preview::PageSettings settings, const share::Rules& rules) {
  settings.publicOrigin = rules.origin;
  return settings;
}

const share::PushTypes& pushTypesOf(const RelayParts& parts) {
  if (!parts.notifier) return share::kNoPush;
  return *parts.notifier;
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
      context_{parts_.rules, parts_.random, sha256_, *parts_.store, pushTypesOf(parts_)},
      userAgents_(parts_.crawlers),
      assets_(parts_.appLinks, sha256, parts_.pages.receive),
      page_(withOrigin(parts_.pages, parts_.rules), assets_, sha256),
      gauge_(*parts_.store, parts_.storeFolder),
      admission_(parts_.admission,
                 {sha256_, parts_.random, [this] { return gauge_.read(parts_.steadyClock()); }, parts_.tokens,
                  parts_.clock},
                 parts_.steadyClock()) {
  if (parts_.admission.createPolicy == admission::CreatePolicy::attested) background_.emplace();
  if (!parts_.notifier) return;
  parts_.notifier->start([this](const Uuid& share, const Uuid& registration) {
    forget({share, registration});
  });
}

Relay::~Relay() {
  endPushes(std::chrono::milliseconds(0));
}

// One request on its way: look at the record and ask the handler, then wait for a change and look again, or
// commit a change, and look again if another request was faster, or answer. All steps but the look at an
// attestation are taken on the thread the front has for the request; the store and the watchers only resume
// it there. Whoever it waits for keeps it alive.
class Relay::Call : public std::enable_shared_from_this<Relay::Call> {
 public:
  enum class Part { head, whole };

  Call(Relay& relay, Part part, Request&& request, front::Reply&& reply)
      : relay_(relay), part_(part), request_(std::move(request)), reply_(std::move(reply)) {}

  void begin() {
    step([this] {
      target_ = share::parseTarget(request_.target);
      client_ = relay_.admission_.clientOf(peerOf(request_), request_.headers);
      const admission::Visit begun = visit();
      if (auto refusal = relay_.admission_.refuse(begun)) return reply(std::move(*refusal));
      if (relay_.admission_.mustVerify(begun)) return verify();
      enter();
    });
  }

 private:
  // Certificates and signatures take too long for a thread that others wait for.
  void verify() {
    relay_.background_->run([call = shared_from_this()] {
      call->step([call = call.get()] {
        auto refusal = call->relay_.admission_.verify(call->visit());
        call->resume([call, refusal = std::move(refusal)] {
          if (refusal) return call->reply(Response(*refusal));
          call->enter();
        });
      });
    });
  }

  void enter() {
    if (part_ == Part::head && isMailbox(target_)) return reply_.proceed();  // a mailbox's body is small
    if (part_ == Part::whole && isRead(request_)) {
      if (auto page = relay_.answerPage(target_, request_))
        return finish(unlessKnown(request_, std::move(*page)));
      // Taken before the share is read, so that no change falls between the two.
      if (request_.headers.has("Prefer") && share::namesShare(target_))
        ticket_.emplace(relay_.watchers_, target_.id);
    }
    look();
  }

  // A broken store, or a bug, ends the request it met.
  template <class Step>
  void step(const Step& take) {
    try {
      take();
    } catch (...) {
      reply_.fail(std::current_exception());
    }
  }

  template <class Step>
  void resume(const Step& take) {
    try {
      reply_.resume([call = shared_from_this(), take] { call->step(take); });
    } catch (...) {  // there is no memory to go on with; nobody else has the reply now
      reply_.fail(std::current_exception());
    }
  }

  void look() {
    if (++attempts_ > kMostAttempts) {
      return send(toResponse(share::Refusal{share::RefusalCode::unavailable,
                                            "too many requests want this share at once; try again"}));
    }
    const TimePoint now = relay_.parts_.clock();
    const share::SharePointer stored = relay_.find(target_);
    const share::SharePointer share = share::asOf(stored, now);
    if (part_ == Part::head) {
      auto outcome = dav::answerToHead(relay_.context_, target_, share, request_, now);
      return outcome ? follow(share, now, std::move(*outcome)) : reply_.proceed();
    }
    const auto answer = isMailbox(target_) ? mailbox::answer : dav::answer;
    share::Outcome outcome = answer(relay_.context_, target_, share, request_, now);
    if (outcome.change) share::takePlaceOfExpired(*outcome.change, stored, now);
    follow(share, now, std::move(outcome));
  }

  // Answers, if nothing is to happen before.
  void follow(const share::SharePointer& share, TimePoint now, share::Outcome outcome) {
    const bool waits = outcome.wait && ticket_;
    if (!outcome.change && !outcome.receipt && !waits) return send(std::move(outcome.response));
    pending_ = std::make_unique<Pending>();
    pending_->outcome = std::move(outcome);
    const auto& change = pending_->outcome.change;
    pending_->claims = share && change && share::bindsReceiver(*share, *change);
    if (relay_.parts_.notifier && change && share && !share->registrations.empty()) pending_->before = share;
    if (waits) return wait(share->expires - now);
    settle();
  }

  // Until a change, or no longer: out of time, at the share's end, or nobody there to wait.
  void wait(std::chrono::milliseconds untilExpiry) {
    const auto now = std::chrono::steady_clock::now();
    if (!deadline_) deadline_ = now + pending_->outcome.wait->longest;
    reply_.whenGone([call = shared_from_this()] {
      if (call->ticket_) call->ticket_->endWait();
    });
    ticket_->wait(std::min(*deadline_, now + untilExpiry), [call = shared_from_this()](bool changed) {
      call->resume([call = call.get(), changed] {
        if (!changed) call->ticket_.reset();  // look again, and wait again only if it was a change
        call->look();
      });
    });
  }

  // Commits what is left to commit, the receipt before the change, and answers.
  void settle() {
    share::Outcome& outcome = pending_->outcome;
    auto& next = outcome.receipt ? outcome.receipt : outcome.change;
    if (!next) return send(std::move(outcome.response));
    pending_->committing = std::move(*next);
    next.reset();
    relay_.parts_.store->commit(pending_->committing,
                                [call = shared_from_this()](const store::CommitResult& result) {
                                  call->resume([call = call.get(), result] { call->committed(result); });
                                });
  }

  void committed(const store::CommitResult& result) {
    if (!result) return reply_.fail(result.error());
    switch (*result) {
      case store::Commit::done:
        return proceed();
      case store::Commit::unknown:  // is settled by looking
        return relay_.isStored(pending_->committing) ? proceed() : look();
      case store::Commit::conflict:
        return look();
      case store::Commit::full:
        return send(toResponse(share::noRoom()));
    }
  }

  void proceed() {
    const share::Change& done = pending_->committing;
    const share::SharePointer& before = pending_->before;
    relay_.watchers_.changed(done.id);
    if (before && before->id == done.id) {
      relay_.parts_.notifier->changed(
          done.id, share::toldOf(*before, done, pending_->outcome.spared, relay_.parts_.clock()));
    }
    if (std::exchange(pending_->claims, false)) relay_.parts_.metrics->count(metrics::Counter::claimsWon);
    settle();
  }

  void send(Response&& response) {
    if (share::refusesClaim(response)) relay_.parts_.metrics->count(metrics::Counter::claimsRefused);
    // The other face of the URL is one header away.
    if (isRead(request_)) response.headers.add("Vary", preview::kVary);
    finish(std::move(response));
  }

  void finish(Response&& response) {
    relay_.admission_.charge(visit(), response);
    reply(std::move(response));
  }

  void reply(Response&& response) {
    share::echoRequestId(request_, response);
    reply_.send(std::move(response));
  }

  admission::Visit visit() const {
    return {request_, target_, client_, relay_.parts_.steadyClock(), part_ == Part::whole};
  }

  // What is to happen before the answer leaves. Reads have nothing of it, and it is large.
  struct Pending {
    share::Outcome outcome;
    share::Change committing;
    bool claims = false;         // the change binds a receiver
    share::SharePointer before;  // the record that is changed, if somebody may have to be told
  };

  Relay& relay_;
  Part part_;
  Request request_;
  front::Reply reply_;
  share::Target target_;
  IpAddress client_;
  int attempts_ = 0;
  std::unique_ptr<Pending> pending_;
  std::optional<notify::Watchers::Ticket> ticket_;
  std::optional<notify::Watchers::Moment> deadline_;  // of all waits together
};

void Relay::answer(Request request, front::Reply reply) {
  std::make_shared<Call>(*this, Call::Part::whole, std::move(request), std::move(reply))->begin();
}

void Relay::answerToHead(Request head, front::Reply reply) {
  std::make_shared<Call>(*this, Call::Part::head, std::move(head), std::move(reply))->begin();
}

// The faces of a URL that people and crawlers see. Nothing if the answer is the dialect's.
std::optional<Response> Relay::answerPage(const Target& target, const Request& request) const {
  const auto acceptLanguage = [&] { return request.headers.joined("Accept-Language").value_or(""); };
  if (target.kind == Target::Kind::root) return page_.homePage(acceptLanguage());
  if (target.kind == Target::Kind::file) {
    if (auto file = assets_.find(target.path)) return file;
  }
  const bool hasNoPage = target.kind == Target::Kind::factory || target.kind == Target::Kind::mailboxes ||
                         target.kind == Target::Kind::registration || target.kind == Target::Kind::malformed;
  if (hasNoPage) return std::nullopt;
  if (preview::chooseFace(request, target.query, userAgents_) == preview::Face::json) return std::nullopt;
  const TimePoint now = parts_.clock();
  const bool mayShow = target.kind == Target::Kind::collection || target.kind == Target::Kind::document ||
                       target.kind == Target::Kind::mailbox;
  const share::SharePointer share = mayShow ? share::see(share::asOf(find(target), now)).share : nullptr;
  // A share that nobody filled yet has nothing to announce.
  if (!share || share->body.empty()) return page_.notFoundPage(acceptLanguage());
  preview::PageModel model;
  model.path = target.kind == Target::Kind::mailbox ? mailbox::pathOf(share->id)
                                                    : share::pathOf(share->id, share::Member::document);
  const std::string vertical = queryParameter(target.query, "v").value_or("");
  model.vertical = vertical == "c" || vertical == "h" || vertical == "a" ? vertical.front() : '\0';
  model.display = share->display;
  model.expires = share->expires;
  model.acceptLanguage = acceptLanguage();
  return page_.sharePage(model);
}

bool Relay::isStored(const share::Change& change) const {
  const share::SharePointer stored = parts_.store->find(change.id);
  if (!change.next) return stored == nullptr;
  // The version alone could be another request's; the ETag too, if that one locked or unlocked.
  return stored && stored->version == change.expected + 1 &&
         share::encodeShare(*stored) == share::encodeShare(*change.next);
}

share::SharePointer Relay::find(const Target& target) const {
  return share::namesShare(target) ? parts_.store->find(target.id) : nullptr;
}

std::size_t Relay::removeExpired(std::size_t limit) {
  forgetDead();
  const auto removed = parts_.store->removeExpired(parts_.clock(), limit);
  for (const store::Expired& expired : removed) {
    watchers_.changed(expired.id);
    tellOfEnd(expired);
  }
  parts_.metrics->count(metrics::Counter::sharesExpired, removed.size());
  return removed.size();
}

void Relay::overwriteErased() {
  parts_.store->overwriteErased();
}

// Whoever was registered to the last.
void Relay::tellOfEnd(const store::Expired& expired) {
  if (!parts_.notifier) return;
  std::vector<share::PushRegistration> told;
  for (const share::PushRegistration& registration : expired.registrations) {
    if (registration.expires >= expired.expired) told.push_back(registration);
  }
  parts_.notifier->changed(expired.id, std::move(told));
}

// If somebody was faster, or the store does not take it, the next cleanup tries again.
void Relay::forget(const DeadToken& dead) noexcept {
  try {
    const share::SharePointer record = parts_.store->find(dead.share);
    if (!record) return;
    share::Share next = *record;
    if (!share::removeRegistration(next, dead.registration)) return;
    parts_.store->commit(share::Change::write(std::move(next)),
                         [this, dead](const store::CommitResult& result) {
                           if (!result || *result != store::Commit::done) keepForCleanup(dead);
                         });
  } catch (const std::exception&) {
    parts_.metrics->count(metrics::Counter::storeFailures);
    keepForCleanup(dead);
  }
}

void Relay::keepForCleanup(const DeadToken& dead) noexcept {
  try {
    const std::lock_guard<std::mutex> guard(deadMutex_);
    dead_.push_back(dead);
  } catch (const std::exception&) {  // no memory: the next push finds it dead again
  }
}

void Relay::forgetDead() {
  std::vector<DeadToken> dead;
  {
    const std::lock_guard<std::mutex> guard(deadMutex_);
    dead.swap(dead_);
  }
  for (const DeadToken& one : dead) forget(one);
}

metrics::Readings Relay::readings() {
  const store::Usage usage = parts_.store->usage();
  metrics::Readings readings;
  readings.longPolls = watchers_.waiting();
  readings.pushes = parts_.notifier ? parts_.notifier->waiting() : 0;
  readings.records = usage.records;
  readings.bytes = usage.bytes;
  readings.commits = usage.commits;
  readings.flushes = usage.flushes;
  return readings;
}

bool Relay::isReady() {
  return store::takesChanges(*parts_.store, parts_.random, parts_.clock());
}

void Relay::endWaits() {
  watchers_.stop();
}

void Relay::endPushes(std::chrono::milliseconds drain) {
  if (parts_.notifier) parts_.notifier->stop(drain);
}

}  // namespace tigress::relay
