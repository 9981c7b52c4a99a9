#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "server/admission/admission.h"
#include "server/background.h"
#include "server/dav/handler.h"
#include "server/front/front.h"
#include "server/metrics/exposition.h"
#include "server/notify/notifier.h"
#include "server/notify/watchers.h"
#include "server/preview/assets.h"
#include "server/preview/page.h"
#include "server/preview/user_agents.h"
#include "server/storage_gauge.h"
#include "server/store/share_store.h"

namespace tigress::relay {

/// What a relay is made of, beside its settings.
struct RelayParts {
  share::Rules rules;
  preview::PageSettings pages;  ///< publicOrigin is taken from the rules
  preview::AppLinks appLinks;
  std::vector<std::string> crawlers;  ///< more User-Agent tokens that get the page
  std::unique_ptr<store::ShareStore> store;
  std::string storeFolder;  ///< whose disk must have room; empty: none
  admission::AdmissionSettings admission;
  /// The tokens of this moment, if shares are made by token.
  std::function<std::shared_ptr<const admission::BearerTokens>()> tokens;
  std::unique_ptr<notify::Notifier> notifier = nullptr;  ///< null: no push is sent
  std::shared_ptr<metrics::Registry> metrics = std::make_shared<metrics::Registry>();
  RandomSource random = systemRandom;
  std::function<TimePoint()> clock = systemNow;
  std::function<admission::Moment()> steadyClock = std::chrono::steady_clock::now;
};

/// The relay without its sockets: a request in, an answer out, everything in between. Two devices and a
/// relay fit into one test process. Any thread may call.
class Relay : public front::RequestHandler {
 public:
  explicit Relay(RelayParts parts);
  ~Relay() override;

  /// A long poll is answered when the share changes, the time is up, or at endWaits(); a change when it is
  /// committed. Fails with store::StoreError when the store is broken.
  void answer(Request request, front::Reply reply) override;
  void answerToHead(Request head, front::Reply reply) override;

  /// Removes up to `limit` shares that have expired, and tokens that were dead when the store was busy. Gives
  /// the number of shares. Throws store::StoreError.
  std::size_t removeExpired(std::size_t limit);
  /// Leaves nothing of what was erased in any file: store::ShareStore::overwriteErased.
  void overwriteErased();

  /// What is known of the store and of who waits. Throws store::StoreError.
  metrics::Readings readings();
  /// Whether the store takes a change now: tries, waits, and leaves nothing. Throws store::StoreError.
  bool isReady();

  /// Answers all long polls now, and every later one at once.
  void endWaits();
  /// Sends the pushes that wait, for as long as that, and no more from now on.
  void endPushes(std::chrono::milliseconds drain);

 private:
  class Call;

  share::SharePointer find(const share::Target& target) const;
  std::optional<Response> answerPage(const share::Target& target, const Request& request) const;
  bool isStored(const share::Change& change) const;
  void tellOfEnd(const store::Expired& expired);

  // A token that nothing can be sent to any more.
  struct DeadToken {
    Uuid share;
    Uuid registration;
  };
  void forget(const DeadToken& dead) noexcept;
  void keepForCleanup(const DeadToken& dead) noexcept;
  void forgetDead();

  // These two outlive the store, which may still tell of a commit when it goes.
  std::mutex deadMutex_;
  std::vector<DeadToken> dead_;  // could not be forgotten yet
  RelayParts parts_;
  Sha256 sha256_;
  share::Context context_;
  preview::UserAgents userAgents_;
  preview::Assets assets_;
  preview::Page page_;
  StorageGauge gauge_;
  admission::Admission admission_;
  notify::Watchers watchers_;
  std::optional<Background> background_;  // where attestations are looked at; it works with all the others
};

}  // namespace tigress::relay
