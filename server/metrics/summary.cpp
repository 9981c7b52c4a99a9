#include "server/metrics/summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "common/text.h"

namespace tigress::metrics {
namespace {

// One line of the exposition. Our own labels hold no quotes, commas or braces.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value;
};

std::vector<Sample> readSamples(std::string_view exposition) {
  std::vector<Sample> samples;
  for (const std::string_view line : split(exposition, '\n')) {
    const std::size_t blank = line.rfind(' ');
    if (line.empty() || line.front() == '#' || blank == std::string_view::npos) continue;
    const std::string_view series = line.substr(0, blank);
    const std::size_t brace = std::min(series.find('{'), series.size());
    Sample sample{std::string(series.substr(0, brace)), {}, 0};
    sample.value = std::strtod(std::string(line.substr(blank + 1)).c_str(), nullptr);
    if (brace < series.size()) {
      for (const std::string_view label : split(series.substr(brace + 1, series.size() - brace - 2), ',')) {
        const std::size_t equals = label.find("=\"");
        if (equals == std::string_view::npos) continue;
        sample.labels[std::string(label.substr(0, equals))] =
            std::string(label.substr(equals + 2, label.size() - equals - 3));
      }
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

// What is known of one method.
struct Method {
  std::string name;
  double answers = 0;
  std::map<std::string, double> classes;           // "4xx"
  std::vector<std::pair<double, double>> buckets;  // upper bound in seconds, how many up to there
};

std::vector<Method> methodsOf(const std::vector<Sample>& samples) {
  std::vector<Method> methods;
  for (const Sample& sample : samples) {
    const auto name = sample.labels.find("method");
    if (name == sample.labels.end()) continue;
    auto method = std::find_if(methods.begin(), methods.end(),
                               [&](const Method& known) { return known.name == name->second; });
    if (method == methods.end()) method = methods.insert(methods.end(), Method{name->second, 0, {}, {}});
    if (const auto code = sample.labels.find("code"); code != sample.labels.end()) {
      method->answers += sample.value;
      method->classes[code->second.substr(0, 1) + "xx"] += sample.value;
    }
    if (const auto bound = sample.labels.find("le"); bound != sample.labels.end()) {
      method->buckets.emplace_back(bound->second == "+Inf" ? HUGE_VAL : std::atof(bound->second.c_str()),
                                   sample.value);
    }
  }
  return methods;
}

std::string number(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

// "<= 2.5 ms": no more is known than the bucket.
std::string quantile(const Method& method, double share) {
  if (method.buckets.empty() || method.buckets.back().second == 0) return "-";
  const double rank = share * method.buckets.back().second;
  for (const auto& [bound, count] : method.buckets) {
    if (count < rank) continue;
    if (std::isinf(bound)) break;
    return "<= " + number("%g", bound * 1000) + " ms";
  }
  return "longer";
}

std::string padded(std::string text, std::size_t width, bool right) {
  if (text.size() < width) text.insert(right ? 0 : text.size(), width - text.size(), ' ');
  return text;
}

struct Row {
  std::string_view name;
  std::string_view words;
};

constexpr Row kRows[] = {
    {"tigress_shares", "shares stored"},
    {"tigress_stored_bytes", "bytes stored"},
    {"tigress_shares_expired_total", "expired and removed"},
    {"tigress_claims_won_total", "claims won"},
    {"tigress_claims_refused_total", "claims refused"},
    {"tigress_connections", "connections open"},
    {"tigress_long_polls", "long polls waiting"},
    {"tigress_pushes_sent_total", "pushes sent"},
    {"tigress_pushes_failed_total", "pushes failed"},
    {"tigress_pushes_waiting", "pushes waiting"},
    {"tigress_commits_total", "changes committed"},
    {"tigress_flushes_total", "flushes"},
    {"tigress_store_failures_total", "store failures"},
};

}  // namespace

std::string summarize(std::string_view exposition) {
  const std::vector<Sample> samples = readSamples(exposition);
  std::string text =
      "method       answers      2xx      3xx      4xx      5xx   half of them      99 of 100\n";
  for (const Method& method : methodsOf(samples)) {
    text += padded(method.name, 9, false) + padded(number("%.0f", method.answers), 11, true);
    for (const char* one : {"2xx", "3xx", "4xx", "5xx"}) {
      const auto found = method.classes.find(one);
      text += padded(number("%.0f", found == method.classes.end() ? 0 : found->second), 9, true);
    }
    text += padded(quantile(method, 0.5), 15, true) + padded(quantile(method, 0.99), 15, true) + "\n";
  }
  text += "\n";
  for (const Row& row : kRows) {
    for (const Sample& sample : samples) {
      if (sample.name != row.name) continue;
      text +=
          padded(std::string(row.words), 20, false) + padded(number("%.0f", sample.value), 12, true) + "\n";
    }
  }
  return text;
}

}  // namespace tigress::metrics
