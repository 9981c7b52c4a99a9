#include "server/metrics/exposition.h"

#include "tigress/version.h"

namespace tigress::metrics {
namespace {

struct CounterRow {
  Counter counter;
  std::string_view name;
  std::string_view sentence;
};

constexpr CounterRow kCounters[] = {
    {Counter::claimsWon, "tigress_claims_won_total", "Shares whose receiver was bound."},
    {Counter::claimsRefused, "tigress_claims_refused_total",
     "Devices that a claimed share did not let in: taken by others, or without its proof."},
    {Counter::sharesExpired, "tigress_shares_expired_total", "Expired records that the cleanup removed."},
    {Counter::storeFailures, "tigress_store_failures_total",
     "Requests and cleanups that failed because the store did."},
    {Counter::pushesSent, "tigress_pushes_sent_total", "Pushes that a push service took."},
    {Counter::pushesRepeated, "tigress_pushes_repeated_total",
     "Attempts that were not taken and will be repeated."},
    {Counter::pushesFailed, "tigress_pushes_failed_total", "Pushes that were given up."},
    {Counter::pushesDropped, "tigress_pushes_dropped_total", "Pushes that there was no room for."},
    {Counter::pushTokensGone, "tigress_push_tokens_gone_total",
     "Tokens that were forgotten because their push service did not know them any more."},
    {Counter::pushTokensRefused, "tigress_push_tokens_refused_total",
     "Tokens of devices that no push is sent to: of an unknown type, malformed, or of a host that is not "
     "allowed."},
};
static_assert(std::size(kCounters) == kCounterCount);

struct ReadingRow {
  std::uint64_t Readings::*reading;
  std::string_view name;
  std::string_view type;
  std::string_view sentence;
};

constexpr ReadingRow kReadings[] = {
    {&Readings::connections, "tigress_connections", "gauge", "Connections that are open."},
    {&Readings::longPolls, "tigress_long_polls", "gauge", "Requests that wait for a share to change."},
    {&Readings::pushes, "tigress_pushes_waiting", "gauge", "Pushes that wait or are on their way."},
    {&Readings::records, "tigress_shares", "gauge",
     "Shares that are stored, with reservations and notes of ended ones."},
    {&Readings::bytes, "tigress_stored_bytes", "gauge", "What they take, with the store's overhead."},
    {&Readings::commits, "tigress_commits_total", "counter", "Changes that were committed."},
    {&Readings::flushes, "tigress_flushes_total", "counter", "Groups of changes that were written together."},
};

constexpr std::string_view kRequests = "tigress_requests_total";
constexpr std::string_view kDuration = "tigress_request_duration_seconds";

void head(std::string& text, std::string_view name, std::string_view type, std::string_view sentence) {
  text.append("# HELP ").append(name).append(" ").append(sentence);
  text.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void line(std::string& text, std::string_view name, std::string_view labels, std::string_view value) {
  text.append(name);
  if (!labels.empty()) text.append("{").append(labels).append("}");
  text.append(" ").append(value).append("\n");
}

// Microseconds as seconds, without the noise of binary fractions: 2500 is 0.0025.
std::string seconds(std::uint64_t microseconds) {
  std::string digits = std::to_string(1'000'000 + microseconds % 1'000'000).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return std::to_string(microseconds / 1'000'000) + (digits.empty() ? "" : "." + digits);
}

std::string methodIs(std::string_view method) {
  return "method=\"" + std::string(method) + "\"";
}

void exposeAnswers(std::string& text, const Figures& figures) {
  head(text, kRequests, "counter", "Answers by method and status; what was no request has the method none.");
  for (std::size_t m = 0; m < kMethods.size(); ++m) {
    for (std::size_t s = 0; s < kStatuses.size(); ++s) {
      const std::uint64_t answers = figures.methods[m].answers[s];
      if (answers == 0) continue;
      const std::string code = kStatuses[s] == 0 ? "other" : std::to_string(kStatuses[s]);
      line(text, kRequests, methodIs(kMethods[m]) + ",code=\"" + code + "\"", std::to_string(answers));
    }
  }
}

void exposeDurations(std::string& text, const Figures& figures) {
  head(text, kDuration, "histogram",
       "From a complete request to its answer, by method; requests that ask to wait are left out.");
  const std::string bucket = std::string(kDuration) + "_bucket";
  for (std::size_t m = 0; m < kMethods.size(); ++m) {
    const MethodFigures& method = figures.methods[m];
    const std::string label = methodIs(kMethods[m]);
    std::uint64_t total = 0;
    for (const std::uint64_t count : method.latencies) total += count;
    if (total == 0) continue;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
      below += method.latencies[i];
      line(text, bucket, label + ",le=\"" + seconds(kLatencyBounds[i]) + "\"", std::to_string(below));
    }
    line(text, bucket, label + ",le=\"+Inf\"", std::to_string(total));
    line(text, std::string(kDuration) + "_sum", label, seconds(method.microseconds));
    line(text, std::string(kDuration) + "_count", label, std::to_string(total));
  }
}

}  // namespace

std::string expose(const Figures& figures, const Readings& readings) {
  std::string text;
  head(text, "tigress_build_info", "gauge", "Always 1; the label says which version runs.");
  line(text, "tigress_build_info", "version=\"" + std::string(kVersion) + "\"", "1");
  exposeAnswers(text, figures);
  exposeDurations(text, figures);
  for (const CounterRow& row : kCounters) {
    head(text, row.name, "counter", row.sentence);
    line(text, row.name, "", std::to_string(figures.counters[static_cast<std::size_t>(row.counter)]));
  }
  for (const ReadingRow& row : kReadings) {
    head(text, row.name, row.type, row.sentence);
    line(text, row.name, "", std::to_string(readings.*row.reading));
  }
  return text;
}

}  // namespace tigress::metrics
