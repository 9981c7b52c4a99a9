#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/setting_lines.h"
#include "server/admission/admission.h"
#include "server/cleanup.h"
#include "server/front/front.h"
#include "server/log.h"
#include "server/preview/page.h"
#include "server/push.h"
#include "server/share/context.h"
#include "server/store/open_store.h"
#include "tigress/result.h"

namespace tigress::relay {

/// Everything an operator can set. The names, defaults and meanings are the rows of one table in
/// settings.cpp; config/relay.properties is printed from it.
struct Settings {
  front::FrontSettings front;
  std::string publicOrigin;  ///< empty: made of the listener's address
  store::StoreUrl storeUrl;
  store::Durability durability;
  std::optional<std::size_t> storeCache;  ///< bytes; nothing: by the memory there is
  std::size_t storeLog;                   ///< bytes
  share::Rules rules;
  admission::AdmissionSettings admission;
  std::uint32_t connectionsPerNetwork;
  std::string tokenFile;
  std::array<std::string, admission::kAttestationFormats> anchorFiles;  ///< empty: format not accepted
  CleanupPace cleanup;
  std::chrono::seconds drainTime;
  std::string runUser;  ///< empty: whoever starts the relay
  LogLevel logLevel;
  LogFormat logFormat;
  std::string adminAddress;
  std::optional<std::uint16_t> adminPort;  ///< nothing: no admin listener
  PushSettings push;
  preview::PageSettings pages;
  std::vector<std::string> crawlers;
  std::string appleAppLinksFile;
  std::string androidAppLinksFile;
};

/// `key=value` of the command line.
Result<SettingLine> readSettingDefinition(std::string_view text);

/// The defaults, overlaid by the lines in order. The error names key, place and what was expected. Checks
/// that the settings fit together: TLS unless on loopback or behind a proxy, both or none of certificate
/// and key, lifetimes in order.
Result<Settings> makeSettings(const std::vector<SettingLine>& lines);

/// config/relay.properties: every setting with its sentence and its default.
std::string printSettings();

/// `public.origin`, or one made of the listener's address and port.
std::string originOf(const Settings& settings, std::uint16_t port);

}  // namespace tigress::relay
