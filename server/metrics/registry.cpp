#include "server/metrics/registry.h"

#include <algorithm>

namespace tigress::metrics {
namespace {

using Cell = std::atomic<std::uint64_t>;

// Nobody but readers waits for these, and readers take any order.
void add(Cell& cell, std::uint64_t amount) {
  cell.fetch_add(amount, std::memory_order_relaxed);
}

std::size_t methodIndex(std::string_view method) {
  const auto* const other = kMethods.end() - 2;
  if (method == kNoRequest) return kMethods.size() - 1;
  return static_cast<std::size_t>(std::find(kMethods.begin(), other, method) - kMethods.begin());
}

std::size_t statusIndex(int status) {
  const auto* const other = kStatuses.end() - 1;
  return static_cast<std::size_t>(std::lower_bound(kStatuses.begin(), other, status) - kStatuses.begin());
}

std::size_t bucketIndex(std::uint64_t microseconds) {
  return static_cast<std::size_t>(
      std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), microseconds) - kLatencyBounds.begin());
}

}  // namespace

// Aligned, so that no two threads write to one line of a cache.
struct alignas(64) Registry::Part {
  struct Method {
    std::array<Cell, kStatuses.size()> answers{};
    std::array<Cell, kLatencyBounds.size() + 1> latencies{};
    Cell microseconds{0};
  };
  std::array<Method, kMethods.size()> methods;
  std::array<Cell, kCounterCount> counters{};
};

std::string_view methodLabel(std::string_view method) {
  // A client may well call its method "none".
  return method == kNoRequest ? "other" : kMethods[methodIndex(method)];
}

Registry::Registry() : parts_(std::make_unique<Part[]>(kParts)) {}
Registry::~Registry() = default;

Registry::Part& Registry::mine() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return parts_[number % kParts];
}

void Registry::count(Counter counter, std::uint64_t times) {
  add(mine().counters[static_cast<std::size_t>(counter)], times);
}

void Registry::countAnswer(std::string_view method, int status,
                           std::optional<std::chrono::nanoseconds> took) {
  Part::Method& figures = mine().methods[methodIndex(method)];
  const std::size_t at = statusIndex(status);
  add(figures.answers[kStatuses[at] == status ? at : kStatuses.size() - 1], 1);
  if (!took) return;
  const auto microseconds =
      static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(*took).count());
  add(figures.latencies[bucketIndex(microseconds)], 1);
  add(figures.microseconds, microseconds);
}

Figures Registry::read() const {
  Figures sum;
  for (std::size_t p = 0; p < kParts; ++p) {
    const Part& part = parts_[p];
    for (std::size_t m = 0; m < kMethods.size(); ++m) {
      const Part::Method& from = part.methods[m];
      MethodFigures& to = sum.methods[m];
      for (std::size_t i = 0; i < to.answers.size(); ++i) to.answers[i] += from.answers[i];
      for (std::size_t i = 0; i < to.latencies.size(); ++i) to.latencies[i] += from.latencies[i];
      to.microseconds += from.microseconds;
    }
    for (std::size_t i = 0; i < kCounterCount; ++i) sum.counters[i] += part.counters[i];
  }
  return sum;
}

}  // namespace tigress::metrics
