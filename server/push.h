#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/log.h"
#include "server/metrics/registry.h"
#include "server/notify/endpoint.h"
#include "server/notify/notifier.h"

namespace tigress::relay {

/// What an operator says about pushes.
struct PushSettings {
  bool webPush = false;
  bool apns = false;
  bool fcm = false;
  bool webhook = false;
  std::string contact;  ///< empty: the public origin, if it is https
  std::string vapidKeyFile;
  std::vector<std::string> webPushHosts;
  std::vector<std::string> webhookHosts;
  std::vector<std::uint16_t> ports;
  std::string apnsKeyFile;
  std::string apnsKeyId;
  std::string apnsTeam;
  std::string apnsTopic;
  std::string apnsOrigin;
  std::string fcmAccountFile;
  std::string fcmOrigin;
  std::string authorities;
  bool allowLoopback = false;
  std::chrono::seconds timeout;
  notify::PushLimits limits;

  bool any() const { return webPush || apns || fcm || webhook; }
};

/// Whether this program was built to send pushes.
bool sendsPushes();

/// What sends the pushes of these settings, not started; null if there are none. Reads the keys it needs, and
/// makes that of VAPID if there is none yet, for its owner's eyes only. Throws std::runtime_error with a
/// sentence that says what to do. The registry and the log must outlive it.
std::unique_ptr<notify::Notifier> openNotifier(const PushSettings& settings, const std::string& origin,
                                               metrics::Registry& registry, const Log& log);

/// The well-known file that tells apps what they may register for, as JSON; empty if nothing is sent.
std::string describePushes(const PushSettings& settings, const notify::Notifier* notifier);

}  // namespace tigress::relay
