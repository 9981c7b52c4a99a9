#include "server/push.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/text.h"
#include "server/notify/apns.h"
#include "server/notify/fcm.h"
#include "server/notify/outbound_addresses.h"
#include "server/notify/webhook.h"
#include "server/notify/webpush.h"
#include "tigress/json.h"
#include "tigress/random.h"

namespace tigress::relay {
namespace {

using notify::PushEvent;

std::string readKeyFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error("cannot read \"" + path + "\"");
  return text.str();
}

[[noreturn]] void failToWrite(const std::string& path) {
  throw std::runtime_error("cannot write \"" + path + "\": " + std::strerror(errno) +
                           "; name another place in push.vapid-key");
}

// Nothing if there is such a file already.
std::optional<notify::EcKey> makeKeyFile(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return std::nullopt;
  if (file < 0) failToWrite(path);
  notify::EcKey key = notify::EcKey::generate();
  const std::string pem = key.toPem();
  const bool written =
      write(file, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size()) && fsync(file) == 0;
  if (close(file) != 0 || !written) {
    unlink(path.c_str());
    failToWrite(path);
  }
  return key;
}

notify::EcKey readEcKey(const std::string& path, const std::string& setting) {
  const auto key = notify::EcKey::fromPem(readKeyFile(path));
  if (!key) throw std::runtime_error("\"" + path + "\" holds no EC key on P-256 in PEM; see " + setting);
  return *key;
}

std::string contactOf(const PushSettings& settings, const std::string& origin) {
  if (!settings.contact.empty()) return settings.contact;
  return startsWith(origin, "https://") ? origin : std::string();
}

metrics::Counter counterOf(PushEvent event) {
  switch (event) {
    case PushEvent::sent:
      return metrics::Counter::pushesSent;
    case PushEvent::repeated:
      return metrics::Counter::pushesRepeated;
    case PushEvent::failed:
      return metrics::Counter::pushesFailed;
    case PushEvent::dropped:
      return metrics::Counter::pushesDropped;
    case PushEvent::gone:
      return metrics::Counter::pushTokensGone;
    case PushEvent::refused:
      return metrics::Counter::pushTokensRefused;
  }
  return metrics::Counter::pushesFailed;
}

notify::HttpClientSettings clientSettings(const PushSettings& settings) {
  notify::HttpClientSettings client;
  client.mayConnect = [loopback = settings.allowLoopback](const IpAddress& address) {
    return notify::isPublic(address) || (loopback && address.isLoopback());
  };
  client.authorities = settings.authorities;
  client.timeout = settings.timeout;
  client.connections = settings.limits.atOnce;
  return client;
}

}  // namespace

bool sendsPushes() {
  return notify::openHttpClient({}) != nullptr;
}

std::unique_ptr<notify::Notifier> openNotifier(const PushSettings& settings, const std::string& origin,
                                               metrics::Registry& registry, const Log& log) {
  if (!settings.any()) return nullptr;
  // Test servers have whatever port is free.
  const std::vector<std::uint16_t> ports =
      settings.allowLoopback ? std::vector<std::uint16_t>() : settings.ports;
  notify::Notifier::Parts parts;
  if (settings.webPush) {
    const auto made = makeKeyFile(settings.vapidKeyFile);
    const notify::EcKey key = made ? *made : readEcKey(settings.vapidKeyFile, "push.vapid-key");
    auto webPush = std::make_unique<notify::WebPush>(notify::WebPush::Parts{
        key, contactOf(settings, origin), {settings.webPushHosts, ports}, systemRandom});
    parts.webPushKey = webPush->publicKey();
    parts.transports.push_back(std::move(webPush));
  }
  if (settings.apns) {
    parts.transports.push_back(std::make_unique<notify::Apns>(
        notify::Apns::Parts{readEcKey(settings.apnsKeyFile, "push.apns-key"), settings.apnsKeyId,
                            settings.apnsTeam, settings.apnsTopic, settings.apnsOrigin}));
  }
  if (settings.fcm) {
    auto account = notify::Fcm::Account::parse(readKeyFile(settings.fcmAccountFile));
    if (!account) throw std::runtime_error("\"" + settings.fcmAccountFile + "\" " + account.error().detail);
    parts.transports.push_back(std::make_unique<notify::Fcm>(std::move(*account), settings.fcmOrigin));
  }
  if (settings.webhook) {
    parts.transports.push_back(std::make_unique<notify::Webhook>(
        notify::Webhook::Parts{{settings.webhookHosts, ports}, systemRandom, systemNow}));
  }
  parts.http = notify::openHttpClient(clientSettings(settings));
  parts.limits = settings.limits;
  parts.random = systemRandom;
  parts.clock = systemNow;
  parts.steadyClock = std::chrono::steady_clock::now;
  parts.count = [&registry](PushEvent event) { registry.count(counterOf(event)); };
  parts.complain = [&log](const std::string& what) { log.error(what); };
  return std::make_unique<notify::Notifier>(std::move(parts));
}

std::string describePushes(const PushSettings& settings, const notify::Notifier* notifier) {
  if (!notifier) return {};
  Json::Array types;
  if (settings.webPush) types.push_back(share::kWebPush);
  if (settings.apns) types.push_back("com.apple.apns");
  if (settings.fcm) types.push_back("com.google.fcm");
  if (settings.webhook) types.push_back("webhook");
  Json::Object description = {{"types", std::move(types)}};
  if (settings.webPush) description.push_back({"vapidPublicKey", notifier->webPushKey()});
  return Json(std::move(description)).dump() + "\n";
}

}  // namespace tigress::relay
