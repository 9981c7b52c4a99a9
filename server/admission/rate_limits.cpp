#include "server/admission/rate_limits.h"

#include <algorithm>
#include <iterator>

namespace tigress::admission {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr auto kKeyLife = std::chrono::hours(24);

std::size_t indexOf(Spending spending) {
  return static_cast<std::size_t>(spending);
}

std::int64_t costOf(const Budget& budget) {
  return std::max<std::int64_t>(1, nanoseconds(budget.window).count() / budget.requests);
}

}  // namespace

std::string_view nameOf(Spending spending) {
  static constexpr std::string_view kNames[] = {"creates", "reads", "changes", "misses", "wrong-claims"};
  static_assert(std::size(kNames) == kSpendings);
  return kNames[indexOf(spending)];
}

RateLimits::RateLimits(const Budgets& budgets, std::size_t places, RandomSource random, Moment now)
    : budgets_(budgets),
      random_(std::move(random)),
      begin_(now),
      hash_(random_),
      hashSince_(now),
      tables_(kSpendings, Table(places)) {}

std::optional<Exhausted> RateLimits::check(Spending spending, const IpAddress& client, Moment now) {
  const Budget& budget = budgets_[indexOf(spending)];
  const std::lock_guard<std::mutex> guard(mutex_);
  const std::int64_t full = Table::least(cellsOf(spending, client, now));
  const std::int64_t early = full - sinceBegin(now) - costOf(budget) * (budget.requests - 1);
  if (early <= 0) return std::nullopt;
  return Exhausted{spending, budget, seconds((early + 999999999) / 1000000000)};
}

void RateLimits::charge(Spending spending, const IpAddress& client, Moment now) {
  const Budget& budget = budgets_[indexOf(spending)];
  const std::lock_guard<std::mutex> guard(mutex_);
  const Table::Cells cells = cellsOf(spending, client, now);
  const std::int64_t time = sinceBegin(now);
  const std::int64_t full = std::max(Table::least(cells), time) + costOf(budget);
  const std::int64_t capped = std::min(full, time + costOf(budget) * budget.requests);
  // Only as far as this network needs it, so that the others in a cell feel it least.
  for (std::int64_t* cell : cells) *cell = std::max(*cell, capped);
}

RateLimits::Table::Cells RateLimits::cellsOf(Spending spending, const IpAddress& client, Moment now) {
  if (now - hashSince_ >= kKeyLife) {
    hash_ = KeyedHash(random_);
    hashSince_ = now;
    for (Table& table : tables_) table.clear();
  }
  return tables_[indexOf(spending)].find(hash_(clientNetwork(client).bytes()));
}

std::int64_t RateLimits::sinceBegin(Moment now) const {
  return std::chrono::duration_cast<nanoseconds>(now - begin_).count();
}

}  // namespace tigress::admission
