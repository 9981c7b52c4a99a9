#include "server/notify/notifier.h"

#include <algorithm>

#include "common/base64.h"
#include "server/notify/crypto.h"

namespace tigress::notify {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kCollapseBytes = 18;
constexpr std::chrono::minutes kLongestSleep{1};
// The end of a share is news for a while after it.
constexpr std::chrono::hours kShortestLife{1};

}  // namespace

Notifier::Notifier(Parts parts)
    : parts_(std::move(parts)),
      key_(randomBytes(parts_.random, kKeyBytes)),
      queue_(parts_.limits, parts_.random) {}

Notifier::~Notifier() {
  stop(std::chrono::milliseconds(0));
}

void Notifier::start(Gone gone) {
  gone_ = std::move(gone);
  thread_ = std::thread([this] { run(); });
}

void Notifier::stop(std::chrono::milliseconds drain) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!stopping_) drainUntil_ = parts_.steadyClock() + drain;
    stopping_ = true;
  }
  parts_.http->wake();
  if (thread_.joinable()) thread_.join();
}

PushTransport* Notifier::transportOf(const std::string& type) const {
  for (const auto& transport : parts_.transports) {
    if (transport->type() == type) return transport.get();
  }
  return nullptr;
}

share::PushSupport Notifier::supportOf(const std::string& type, const std::string& token) const {
  const PushTransport* transport = transportOf(type);
  const share::PushSupport support = transport ? transport->supportOf(token) : share::PushSupport::none;
  if (support == share::PushSupport::none) parts_.count(PushEvent::refused);
  if (support == share::PushSupport::unproven) {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (unproven_.size() >= parts_.limits.queued) return support;
      share::PushRegistration registration;
      registration.type = type;
      registration.token = token;
      unproven_.push_back(std::move(registration));
    }
    parts_.http->wake();
  }
  return support;
}

void Notifier::changed(const Uuid& share, std::vector<share::PushRegistration> told) {
  if (told.empty()) return;
  try {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      for (share::PushRegistration& registration : told) {
        if (stopping_ || inbox_.size() >= parts_.limits.queued) {
          parts_.count(PushEvent::dropped);
        } else {
          inbox_.push_back({share, std::move(registration)});
        }
      }
    }
    parts_.http->wake();
  } catch (const std::exception&) {
    parts_.count(PushEvent::dropped);  // no memory for it
  }
}

void Notifier::run() {
  for (;;) {
    auto now = parts_.steadyClock();
    bool stopping = false;
    try {
      {  // before the inbox is taken: once it stops nothing is added
        const std::lock_guard<std::mutex> guard(mutex_);
        stopping = stopping_;
      }
      takeInbox(now);
      if (stopping) queue_.hurry(now);
      for (const PushQueue::Job& job : queue_.take(now)) send(job);
      waiting_ = queue_.size();
      const auto next = queue_.next();
      auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(kLongestSleep);
      now = parts_.steadyClock();
      if (next)
        longest = std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(std::max(*next - now, {})));
      if (stopping) {
        if (queue_.isIdle(now) || now >= drainUntil_) return;
        longest = std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(drainUntil_ - now));
      }
      parts_.http->wait(longest);
    } catch (const std::exception& error) {
      if (stopping) return;
      parts_.count(PushEvent::failed);
      complainOnce(error.what());
    }
  }
}

void Notifier::takeInbox(PushQueue::Moment now) {
  std::vector<Told> inbox;
  std::vector<share::PushRegistration> unproven;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    inbox.swap(inbox_);
    unproven.swap(unproven_);
  }
  for (const share::PushRegistration& one : unproven) {
    transportOf(one.type)->prove(one.token, parts_.clock(), *parts_.http);
  }
  for (Told& told : inbox) add(std::move(told), now);
}

void Notifier::add(Told told, PushQueue::Moment now) {
  const PushTransport* transport = transportOf(told.registration.type);
  auto host = transport ? transport->hostOf(told.registration.token) : std::nullopt;
  if (!host) {  // a setting has changed since it was registered
    parts_.count(PushEvent::failed);
    return;
  }
  const auto life =
      std::max<std::chrono::milliseconds>(told.registration.expires - parts_.clock(), kShortestLife);
  if (!queue_.add({told.share, std::move(told.registration), std::move(*host), {}, now + life}, now)) {
    parts_.count(PushEvent::dropped);
  }
}

void Notifier::send(const PushQueue::Job& job) {
  const TimePoint now = parts_.clock();
  const auto life = std::chrono::duration_cast<std::chrono::milliseconds>(job.until - parts_.steadyClock());
  const Push push{job.registration.token,
                  job.registration.message,
                  job.id,
                  collapseOf(job.registration.id),
                  now,
                  now + life};
  try {
    transportOf(job.registration.type)->send(push, *parts_.http, [this, job](const Delivery& delivery) {
      ended(job, delivery);
    });
  } catch (const std::exception& error) {
    ended(job, {Delivery::Kind::later, {}, error.what()});
  }
}

void Notifier::ended(const PushQueue::Job& job, const Delivery& delivery) {
  switch (queue_.finished(job.registration.id, delivery, parts_.steadyClock())) {
    case PushQueue::End::delivered:
      parts_.count(PushEvent::sent);
      lastProblem_.clear();
      break;
    case PushQueue::End::gone:
      parts_.count(PushEvent::gone);
      gone_(job.share, job.registration.id);
      break;
    case PushQueue::End::repeated:
      parts_.count(PushEvent::repeated);
      break;
    case PushQueue::End::givenUp:
      parts_.count(PushEvent::failed);
      break;
  }
  if (!delivery.problem.empty()) complainOnce(delivery.problem);
}

// A mistake of a setting fails every push: one line is enough until something works again.
void Notifier::complainOnce(const std::string& problem) {
  if (problem == lastProblem_) return;
  lastProblem_ = problem;
  parts_.complain("push: " + problem);
}

// A push service may put several into one by it, but learns no identifier of ours.
std::string Notifier::collapseOf(const Uuid& registration) const {
  return base64UrlEncode(hmacSha256(key_, registration.bytes()).substr(0, kCollapseBytes));
}

}  // namespace tigress::notify
