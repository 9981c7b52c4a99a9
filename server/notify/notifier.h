#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/notify/http_client.h"
#include "server/notify/push_queue.h"
#include "server/notify/transport.h"
#include "server/share/registrations.h"

namespace tigress::notify {

/// What becomes of pushes and tokens; each is counted.
enum class PushEvent {
  sent,
  repeated,  ///< was not taken, and will be tried again
  failed,    ///< given up
  dropped,   ///< there was no room to wait
  gone,      ///< the token is dead
  refused,   ///< a token that a device brought and that nothing is sent to
};

/// Tells devices of changes, on a thread of its own that nobody waits for. Pushes wait in memory only: an
/// orderly stop sends what it can, a crash loses what was not sent yet. The tokens are in the records, so the
/// next change is told again, and a device that is awake looks by itself.
class Notifier final : public share::PushTypes {
 public:
  struct Parts {
    std::vector<std::unique_ptr<PushTransport>> transports;
    std::string webPushKey;  ///< of the Web Push transport, if there is one
    std::unique_ptr<HttpClient> http;
    PushLimits limits;
    RandomSource random;
    std::function<TimePoint()> clock;
    std::function<PushQueue::Moment()> steadyClock;
    /// Told of what becomes of pushes. Must not block.
    std::function<void(PushEvent)> count = [](PushEvent) {};
    /// Told of this relay's own mistakes; a sentence without token and address.
    std::function<void(const std::string&)> complain = [](const std::string&) {};
  };
  /// A token that is dead, of that share. Must not block.
  using Gone = std::function<void(const Uuid& share, const Uuid& registration)>;

  explicit Notifier(Parts parts);
  ~Notifier() override;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Begins to send. Once.
  void start(Gone gone);
  /// Sends what could be sent now, without gaps, and waits for the answers, for as long as that, and ends.
  void stop(std::chrono::milliseconds drain);

  /// Counts what it refuses, and has an unproven endpoint asked.
  share::PushSupport supportOf(const std::string& type, const std::string& token) const override;
  std::string webPushKey() const override { return parts_.webPushKey; }

  /// Has them told that their share changed. Waits for nothing, throws nothing. Any thread.
  void changed(const Uuid& share, std::vector<share::PushRegistration> told);

  /// Pushes that wait or are on their way.
  std::size_t waiting() const { return waiting_; }

 private:
  struct Told {
    Uuid share;
    share::PushRegistration registration;
  };

  PushTransport* transportOf(const std::string& type) const;
  void run();
  void takeInbox(PushQueue::Moment now);
  void add(Told told, PushQueue::Moment now);
  void send(const PushQueue::Job& job);
  void ended(const PushQueue::Job& job, const Delivery& delivery);
  void complainOnce(const std::string& problem);
  std::string collapseOf(const Uuid& registration) const;

  Parts parts_;
  std::string key_;  // of collapse identifiers
  Gone gone_;
  PushQueue queue_;
  std::string lastProblem_;
  std::atomic<std::size_t> waiting_{0};
  mutable std::mutex mutex_;
  std::vector<Told> inbox_;
  mutable std::vector<share::PushRegistration> unproven_;
  bool stopping_ = false;
  PushQueue::Moment drainUntil_;
  std::thread thread_;
};

}  // namespace tigress::notify
