#include "server/notify/push_queue.h"

#include <algorithm>

#include "common/base64.h"

namespace tigress::notify {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kSharesBeforeSweep = 1024;

}  // namespace

std::string PushQueue::drawId() {
  return "msg_" + base64UrlEncode(randomBytes(random_, kIdBytes));
}

void PushQueue::want(Entry& entry, bool wanted) {
  if (entry.wanted == wanted) return;
  entry.wanted = wanted;
  wanted_ = wanted ? wanted_ + 1 : wanted_ - 1;
}

void PushQueue::schedule(Entry& entry, Moment due) {
  entry.state = State::waiting;
  entry.due = due;
  due_.emplace(due, entry.job.registration.id);
}

void PushQueue::erase(Entries::iterator entry) {
  want(entry->second, false);
  entries_.erase(entry);
}

bool PushQueue::add(Job job, Moment now) {
  const auto found = entries_.find(job.registration.id);
  if (found != entries_.end()) {
    Entry& entry = found->second;
    entry.job.until = std::max(entry.job.until, job.until);
    if (entry.wanted) return true;
    if (wanted_ >= limits_.queued) return false;
    if (entry.state == State::waiting) entry.job.id = drawId();  // else when the one on its way has ended
    want(entry, true);
    return true;
  }
  if (wanted_ >= limits_.queued) return false;
  Entry entry;
  entry.job = std::move(job);
  entry.job.id = drawId();
  const Uuid id = entry.job.registration.id;
  ++wanted_;
  schedule(entries_.emplace(id, std::move(entry)).first->second, now);
  return true;
}

// A share's budget comes back evenly. Nothing if it has some left, which is then taken.
std::optional<PushQueue::Moment> PushQueue::allowedAt(const Uuid& share, Moment now) {
  const auto each = std::chrono::duration_cast<Moment::duration>(limits_.perShareWindow) / limits_.perShare;
  if (shares_.size() >= kSharesBeforeSweep + 2 * entries_.size()) {
    for (auto one = shares_.begin(); one != shares_.end();)
      one = one->second <= now ? shares_.erase(one) : ++one;
  }
  Moment& whole = shares_[share];
  const Moment allowed = whole - each * (limits_.perShare - 1);
  if (now < allowed) return allowed;
  whole = std::max(whole, now) + each;
  return std::nullopt;
}

std::vector<PushQueue::Job> PushQueue::take(Moment now) {
  std::vector<Job> jobs;
  while (onTheirWay_ < limits_.atOnce && !due_.empty() && due_.begin()->first <= now) {
    const auto found = entries_.find(due_.begin()->second);
    due_.erase(due_.begin());
    Entry& entry = found->second;
    if (!entry.wanted || now >= entry.job.until) {
      late_ += entry.wanted ? 1 : 0;
      erase(found);
      continue;
    }
    Host& host = hosts_[entry.job.host];
    if (host.onTheirWay >= limits_.perHost) {
      entry.state = State::blocked;
      host.blocked.push_back(found->first);
      continue;
    }
    if (const auto later = allowedAt(entry.job.share, now)) {
      schedule(entry, *later);
      continue;
    }
    entry.state = State::onItsWay;
    entry.sent = now;
    ++entry.attempts;
    want(entry, false);  // until one more comes, or this one fails
    ++host.onTheirWay;
    ++onTheirWay_;
    jobs.push_back(entry.job);
  }
  return jobs;
}

void PushQueue::hurry(Moment now) {
  limits_.gap = {};
  for (auto& [id, entry] : entries_) {
    const bool rests = entry.state == State::waiting && entry.wanted && entry.attempts == 0;
    if (!rests || entry.due <= now) continue;
    const auto [first, last] = due_.equal_range(entry.due);
    due_.erase(std::find_if(first, last, [&id = id](const auto& one) { return one.second == id; }));
    schedule(entry, now);
  }
}

// Between half and all of it, so that those who failed together do not come back together.
std::chrono::milliseconds PushQueue::waitBefore(std::uint32_t attempt) {
  auto longest = limits_.firstWait;
  for (std::uint32_t i = 1; i < attempt && longest < limits_.longestWait; ++i) longest *= 2;
  longest = std::min(longest, limits_.longestWait);
  std::uint32_t drawn = 0;
  random_(&drawn, sizeof drawn);
  const auto half = longest.count() / 2;
  return std::chrono::milliseconds(longest.count() - half +
                                   static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(half + 1)));
}

PushQueue::End PushQueue::finished(const Uuid& registration, const Delivery& delivery, Moment now) {
  const auto found = entries_.find(registration);
  Entry& entry = found->second;
  const auto at = hosts_.find(entry.job.host);
  Host& host = at->second;
  --host.onTheirWay;
  --onTheirWay_;
  if (!host.blocked.empty()) {
    schedule(entries_.at(host.blocked.front()), now);
    host.blocked.pop_front();
  } else if (host.onTheirWay == 0) {
    hosts_.erase(at);
  }
  switch (delivery.kind) {
    case Delivery::Kind::delivered:
      entry.attempts = 0;
      entry.job.id = drawId();
      schedule(entry, std::max(now, entry.sent + limits_.gap));
      return End::delivered;
    case Delivery::Kind::gone:
      erase(found);
      return End::gone;
    case Delivery::Kind::refused:
      erase(found);
      return End::givenUp;
    case Delivery::Kind::later:
      break;
  }
  std::chrono::milliseconds wait = waitBefore(entry.attempts);
  if (delivery.retryAfter) wait = std::max<std::chrono::milliseconds>(wait, *delivery.retryAfter);
  if (entry.attempts >= limits_.attempts || now + wait >= entry.job.until) {
    erase(found);
    return End::givenUp;
  }
  want(entry, true);
  schedule(entry, now + wait);
  return End::repeated;
}

std::optional<PushQueue::Moment> PushQueue::next() const {
  if (due_.empty() || onTheirWay_ >= limits_.atOnce) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace tigress::notify
