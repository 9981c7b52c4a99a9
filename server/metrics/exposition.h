#pragma once

#include <cstdint>
#include <string>

#include "server/metrics/registry.h"

namespace tigress::metrics {

/// What is not counted as it happens but looked up when it is asked for.
struct Readings {
  std::uint64_t connections = 0;
  std::uint64_t longPolls = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t commits = 0;
  std::uint64_t flushes = 0;
  std::uint64_t pushes = 0;
};

/// The media type of expose().
inline constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// All figures in the text format of Prometheus, version 0.0.4. The labels are those of kMethods and
/// kStatuses: however many clients there are, there are no more lines. Rows of answers that never came are
/// left out.
std::string expose(const Figures& figures, const Readings& readings);

}  // namespace tigress::metrics
