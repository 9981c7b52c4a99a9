#pragma once

#include <string>

#include "server/front/front.h"
#include "server/log.h"
#include "server/metrics/registry.h"
#include "tigress/random.h"
#include "tigress/uuid.h"

namespace tigress::relay {

/// Stands between a front and the relay, and counts, times and logs every request. What it logs identifies
/// nobody: method, status, duration, kind of target, an identifier drawn for the request, and a fingerprint
/// of the share under a key drawn at the start, so that lines of one share can be told to be so within one
/// run of the relay and not beyond.
class RequestObserver : public front::RequestHandler {
 public:
  struct Parts {
    front::RequestHandler& inner;
    metrics::Registry& registry;
    const Log& log;  ///< a line for each request at level debug, for each failure of ours at level error
    RandomSource random = systemRandom;
  };

  explicit RequestObserver(Parts parts);

  void answer(Request request, front::Reply reply) override;
  void answerToHead(Request head, front::Reply reply) override;

  /// A request that was refused before it was one.
  void refused(int status);

 private:
  class Observation;

  bool logsRequests() const { return parts_.log.writes(LogLevel::debug); }
  std::string fingerprint(const Uuid& id) const;
  std::string requestId() const;

  Parts parts_;
  std::string key_;
};

}  // namespace tigress::relay
