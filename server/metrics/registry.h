#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tigress::metrics {

/// What is counted beside requests. Their names and sentences: kCounters in exposition.cpp.
enum class Counter {
  claimsWon,
  claimsRefused,
  sharesExpired,
  storeFailures,
  pushesSent,
  pushesRepeated,
  pushesFailed,
  pushesDropped,
  pushTokensGone,
  pushTokensRefused,
};
inline constexpr std::size_t kCounterCount = 10;

/// The methods that have figures of their own. Every other one is "other", and bytes that are no request
/// "none", so that no stranger can make up a row.
inline constexpr std::array<std::string_view, 16> kMethods = {
    "GET",  "HEAD",   "POST",  "PUT",  "DELETE", "OPTIONS", "PROPFIND", "PROPPATCH",
    "LOCK", "UNLOCK", "MKCOL", "COPY", "MOVE",   "PATCH",   "other",    "none"};
inline constexpr std::string_view kNoRequest = "none";

/// The method itself, or "other".
std::string_view methodLabel(std::string_view method);

/// The statuses that have figures of their own; every other one is the last, 0.
inline constexpr std::array<int, 31> kStatuses = {200, 201, 204, 206, 207, 304, 307, 400, 401, 403, 404,
                                                  405, 408, 409, 412, 413, 414, 415, 416, 417, 422, 423,
                                                  424, 429, 431, 500, 501, 503, 505, 507, 0};

/// The upper bounds of the latency histogram, in microseconds; one more bucket takes the rest.
inline constexpr std::array<std::uint64_t, 14> kLatencyBounds = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000};

/// The figures of one method.
struct MethodFigures {
  std::array<std::uint64_t, kStatuses.size()> answers{};
  std::array<std::uint64_t, kLatencyBounds.size() + 1> latencies{};  ///< each bucket for itself
  std::uint64_t microseconds = 0;                                    ///< of all that were timed
};

/// All figures at one moment, or nearly: requests go on while they are added up.
struct Figures {
  std::array<MethodFigures, kMethods.size()> methods;
  std::array<std::uint64_t, kCounterCount> counters{};
};

/// Counts, from any thread, without making any of them wait: each has its own part of memory as long as there
/// are no more than kParts threads.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  void count(Counter counter, std::uint64_t times = 1);
  /// One answer. `took` is left out for what should not be in the histogram: who asked to wait.
  void countAnswer(std::string_view method, int status, std::optional<std::chrono::nanoseconds> took);

  /// The sums since the start.
  Figures read() const;

 private:
  static constexpr std::size_t kParts = 16;
  struct Part;

  Part& mine();

  std::unique_ptr<Part[]> parts_;
};

}  // namespace tigress::metrics
