#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "common/ip_address.h"
#include "server/admission/keyed_hash.h"
#include "server/admission/network_table.h"

namespace tigress::admission {

/// A time that no operator sets back.
using Moment = std::chrono::steady_clock::time_point;

/// What is counted, each by itself.
enum class Spending {
  creates,      ///< asking for a new share, in any way
  reads,        ///< looking at a share that is there
  changes,      ///< everything else that is done to one
  misses,       ///< asking for a share that is not there, by an identifier that could be one
  wrongClaims,  ///< answers 401 to a request that brought credentials
};
inline constexpr std::size_t kSpendings = 5;

/// `limits.*` without the prefix, and the name of the policy in RateLimit-Policy.
std::string_view nameOf(Spending spending);

/// How many requests a client network may make at once, and after how long it may make that many again. It
/// gets them back one by one (a token bucket).
struct Budget {
  std::uint32_t requests = 1;
  std::chrono::seconds window{1};
};
using Budgets = std::array<Budget, kSpendings>;  ///< in the order of Spending

/// Why not now.
struct Exhausted {
  Spending spending;
  Budget budget;
  std::chrono::seconds retryAfter;  ///< until there is room for one request, rounded up
};

/// The budgets of all client networks, in memory that is taken once. Keeps no address: a network is found by
/// its keyed hash, in four places that it shares with others, and is refused only if all four are used up.
/// So strangers can empty the budget of a network only if they fill most of the table. The key is changed
/// and all is forgotten after a day. Any thread may call.
class RateLimits {
 public:
  /// `places`: about so many busy networks are told apart; each costs 160 bytes.
  RateLimits(const Budgets& budgets, std::size_t places, RandomSource random, Moment now);

  /// Why the budget has no room for a request now, or nothing if it has. Takes nothing.
  std::optional<Exhausted> check(Spending spending, const IpAddress& client, Moment now);
  /// Takes a request out of the budget, exhausted or not: what a request is, its answer shows. So a network
  /// can have as many requests too many as it sends at the same time, but a budget never owes anything.
  void charge(Spending spending, const IpAddress& client, Moment now);

 private:
  // When a bucket is full again, in nanoseconds since `begin_`; the virtual scheduling of GCRA
  // (ITU-T I.371, annex A): one number stands for the bucket's level and its time.
  using Table = NetworkTable<std::int64_t>;

  Table::Cells cellsOf(Spending spending, const IpAddress& client, Moment now);
  std::int64_t sinceBegin(Moment now) const;

  const Budgets budgets_;
  const RandomSource random_;
  const Moment begin_;
  std::mutex mutex_;
  KeyedHash hash_;
  Moment hashSince_;
  std::vector<Table> tables_;
};

}  // namespace tigress::admission
