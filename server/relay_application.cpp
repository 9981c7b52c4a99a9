#include "server/relay_application.h"

#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/OptionCallback.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>

#include "server/admin.h"
#include "server/admission/connection_limit.h"
#include "server/cleanup.h"
#include "server/front/open_front.h"
#include "server/memory_limit.h"
#include "server/privileges.h"
#include "server/relay.h"
#include "server/request_observer.h"
#include "server/stats_command.h"
#include "server/store/store_error.h"
#include "server/token_command.h"
#include "server/token_file.h"
#include "tigress/version.h"

namespace tigress::relay {
namespace {

using Poco::Util::Option;

sigset_t waitedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

void complain(const std::string& what) {
  std::cerr << "tigress-relay: " << what << std::endl;
}

Result<std::string> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return ParseError{"cannot read \"" + path + "\""};
  return text.str();
}

std::string readOptionalFile(const std::string& path) {
  if (path.empty()) return {};
  auto text = readFile(path);
  if (!text) throw Poco::FileException(text.error().detail);
  return std::move(*text);
}

std::string hostOf(const std::string& origin) {
  return std::string(share::splitUri(origin)->authority);
}

admission::AttestationPolicy attestationPolicyOf(const Settings& settings, const std::string& origin) {
  admission::AttestationPolicy policy = settings.admission.attestation;
  if (policy.origins.empty()) policy.origins = {origin};
  // A relying party is a host without its port.
  const std::string host = hostOf(origin);
  if (policy.relyingParties.empty()) policy.relyingParties = {host.substr(0, host.rfind(':'))};
  for (std::size_t i = 0; i < policy.anchors.size(); ++i) {
    const std::string& file = settings.anchorFiles[i];
    if (file.empty()) continue;
    auto anchors = admission::TrustAnchors::fromPem(readOptionalFile(file));
    if (!anchors) throw Poco::FileException("\"" + file + "\": " + anchors.error().detail);
    policy.anchors[i] = std::move(*anchors);
  }
  return policy;
}

std::size_t storeCacheOf(const Settings& settings) {
  constexpr std::uint64_t kPart = 8;
  const std::uint64_t part = memoryLimit(machineMemory()) / kPart;
  return settings.storeCache.value_or(std::max<std::size_t>(part, store::SqliteStore::kCacheBytes));
}

RelayParts partsOf(const Settings& settings, std::uint16_t port, const Log& log,
                   std::shared_ptr<metrics::Registry> registry) {
  RelayParts parts;
  parts.metrics = std::move(registry);
  parts.rules = settings.rules;
  parts.rules.origin = originOf(settings, port);
  parts.rules.largestDocument = settings.front.limits.body;
  parts.pages = settings.pages;
  parts.appLinks = {readOptionalFile(settings.appleAppLinksFile),
                    readOptionalFile(settings.androidAppLinksFile)};
  parts.notifier = openNotifier(settings.push, parts.rules.origin, *parts.metrics, log);
  parts.appLinks.pushes = describePushes(settings.push, parts.notifier.get());
  parts.crawlers = settings.crawlers;
  parts.store =
      store::openStore(settings.storeUrl, settings.durability, storeCacheOf(settings), settings.storeLog);
  parts.storeFolder = store::folderOf(settings.storeUrl);
  parts.admission = settings.admission;
  parts.admission.attestation = attestationPolicyOf(settings, parts.rules.origin);
  parts.admission.host = hostOf(parts.rules.origin);
  if (settings.admission.createPolicy == admission::CreatePolicy::token) {
    const auto file =
        std::make_shared<TokenFile>(settings.tokenFile, [&log](const std::string& what) { log.error(what); });
    parts.tokens = [file] { return file->tokens(); };
  }
  return parts;
}

// Must outlive the front of these settings.
std::unique_ptr<admission::ConnectionLimit> limitConnections(const Settings& settings,
                                                             front::FrontSettings& frontSettings) {
  if (!settings.admission.rateLimits) return nullptr;
  auto limit = std::make_unique<admission::ConnectionLimit>(
      settings.connectionsPerNetwork, settings.admission.networks, settings.admission.proxies, systemRandom);
  const auto addressOf = [](const std::string& peer) { return IpAddress::parse(peer).value_or(IpAddress()); };
  frontSettings.mayOpen = [limit = limit.get(), addressOf](const std::string& peer) {
    return limit->open(addressOf(peer));
  };
  frontSettings.onClose = [limit = limit.get(), addressOf](const std::string& peer) {
    limit->close(addressOf(peer));
  };
  return limit;
}

// A few threads of its own, so that operators are answered when clients are not.
front::FrontSettings adminSettings(const Settings& settings, const Log& log) {
  front::FrontSettings admin;
  admin.kind = front::FrontKind::threads;
  admin.address = settings.adminAddress;
  admin.port = settings.adminPort.value_or(0);
  admin.limits = settings.front.limits;
  admin.connections = 8;
  admin.onError = [&log](const std::string& what) { log.error("admin: " + what); };
  return admin;
}

std::unique_ptr<front::Front> openAdminFront(const Settings& settings, const Log& log) {
  return settings.adminPort ? front::openFront(adminSettings(settings, log)) : nullptr;
}

// What only root may open is open by now; whatever is opened from here on must be the user's.
void giveUpRoot(const Settings& settings, front::Front& front, const Log& log) {
  if (settings.runUser.empty()) {
    if (isRoot()) log.warning("running as root: name a user without rights in run.user");
    return;
  }
  becomeUser(settings.runUser);
  try {
    front.reloadCertificates();
  } catch (const std::exception& error) {
    log.warning("SIGHUP will not be able to read the certificates again, run.user may not: " +
                std::string(error.what()));
  }
}

void announce(const std::string& what, const front::FrontSettings& settings, std::uint16_t port) {
  const std::string scheme = settings.certificateFile.empty() ? "http://" : "https://";
  const bool v6 = settings.address.find(':') != std::string::npos;
  std::cout << "tigress-relay " << what << " on " << scheme << (v6 ? "[" : "") << settings.address
            << (v6 ? "]" : "") << ":" << port << std::endl;
}

}  // namespace

void blockSignals() {
  const sigset_t signals = waitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void RelayApplication::defineOptions(Poco::Util::OptionSet& options) {
  // Not the base class's: it would offer --daemon and --pidfile, which a service manager does better.
  const Poco::Util::OptionCallback<RelayApplication> take(this, &RelayApplication::takeOption);
  options.addOption(Option("config", "c", "read settings from FILE").argument("FILE").callback(take));
  options.addOption(Option("define", "D", "set one setting; goes before those of the file")
                        .argument("key=value")
                        .repeatable(true)
                        .callback(take));
  options.addOption(Option("check-config", "", "check the settings and exit").callback(take));
  options.addOption(Option("check-store", "",
                           "read the whole store, say if it is good, and exit; the relay must be stopped")
                        .callback(take));
  options.addOption(Option("name", "", "what a new token is called").argument("NAME").callback(take));
  options.addOption(Option("help", "h", "show this text and exit").callback(take));
  options.addOption(Option("version", "", "show the version and exit").callback(take));
}

void RelayApplication::takeOption(const std::string& name, const std::string& value) {
  if (name == "config") configFile_ = value;
  if (name == "define") definitions_.push_back(value);
  if (name == "name") tokenName_ = value;
  if (name == "check-config") task_ = Task::checkConfig;
  if (name == "check-store") task_ = Task::checkStore;
  if (name == "version") task_ = Task::version;
  if (name == "help") task_ = Task::help;
  if (task_ == Task::help || task_ == Task::version) stopOptionsProcessing();
}

Result<Settings> RelayApplication::loadSettings() const {
  std::vector<SettingLine> lines;
  if (!configFile_.empty()) {
    const auto text = readFile(configFile_);
    if (!text) return text.error();
    auto read = readSettingLines(*text, configFile_);
    if (!read) return read.error();
    lines = std::move(*read);
  }
  for (const std::string& definition : definitions_) {
    auto line = readSettingDefinition(definition);
    if (!line) return line.error();
    lines.push_back(std::move(*line));
  }
  return makeSettings(lines);
}

int RelayApplication::main(const std::vector<std::string>& arguments) {
  if (task_ == Task::help) {
    Poco::Util::HelpFormatter help(options());
    help.setCommand(commandName());
    help.setUsage(
        "[--config FILE] [-D key=value]... [stats | token add [--name NAME] | token list | token revoke "
        "NAME]");
    help.setHeader(
        "The relay of Tigress DAV: hands a digital key from one device to another and learns nothing.");
    help.setFooter(
        "All settings stand in config/relay.properties. stats prints the figures of the relay that runs with "
        "these. token changes the file of create.tokens; a running relay notices.");
    help.format(std::cout);
    return EXIT_OK;
  }
  if (task_ == Task::version) {
    std::cout << "tigress-relay " << kVersion << std::endl;
    return EXIT_OK;
  }
  if (!arguments.empty() && arguments.front() == "token") {
    return manageTokens({arguments.begin() + 1, arguments.end()});
  }
  if (!tokenName_.empty()) {
    complain("--name is for token add; try --help");
    return EXIT_USAGE;
  }
  const bool stats = arguments.size() == 1 && arguments.front() == "stats";
  if (!arguments.empty() && !stats) {
    complain("unexpected argument \"" + arguments.front() + "\"; try --help");
    return EXIT_USAGE;
  }
  const auto settings = loadSettings();
  if (!settings) {
    complain(settings.error().detail);
    return EXIT_CONFIG;
  }
  if (task_ == Task::checkConfig) {
    std::cout << "the settings are good" << std::endl;
    return EXIT_OK;
  }
  if (stats) return runStatsCommand(*settings, std::cout, std::cerr);
  try {
    if (task_ == Task::checkStore) {
      if (isRoot() && !settings->runUser.empty()) becomeUser(settings->runUser);
      store::checkStore(settings->storeUrl);
      std::cout << "the store is good" << std::endl;
      return EXIT_OK;
    }
    return serve(*settings);
  } catch (const Poco::Exception& error) {
    complain(error.displayText());
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return EXIT_SOFTWARE;
}

int RelayApplication::manageTokens(const std::vector<std::string>& words) {
  const auto settings = loadSettings();
  if (!settings) {
    complain(settings.error().detail);
    return EXIT_CONFIG;
  }
  // The file must be the relay's, not root's.
  if (isRoot() && !settings->runUser.empty()) becomeUser(settings->runUser);
  return runTokenCommand({words, settings->tokenFile, tokenName_}, systemRandom, systemNow(), std::cout,
                         std::cerr);
}

int RelayApplication::serve(const Settings& settings) {
  const Log log(settings.logLevel, settings.logFormat);
  const auto registry = std::make_shared<metrics::Registry>();
  RequestObserver* observed = nullptr;  // set before the front takes requests
  front::FrontSettings frontSettings = settings.front;
  frontSettings.onError = [&log](const std::string& what) { log.error(what); };
  const auto connections = limitConnections(settings, frontSettings);
  frontSettings.onRefused = [&observed](int status) { observed->refused(status); };
  const auto front = front::openFront(frontSettings);
  const auto adminFront = openAdminFront(settings, log);
  giveUpRoot(settings, *front, log);
  Relay relay(partsOf(settings, front->port(), log, registry));
  RequestObserver observer({relay, *registry, log});
  observed = &observer;
  Admin admin({relay, *registry, *front, log});
  const Cleanup cleanup(relay, settings.cleanup, *registry, log);
  front->serve(observer);
  if (adminFront) adminFront->serve(admin);

  announce("listening", settings.front, front->port());
  if (adminFront) announce("admin listening", adminSettings(settings, log), adminFront->port());

  const sigset_t signals = waitedSignals();
  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) {
    try {
      front->reloadCertificates();
      log.information("read the certificates again");
    } catch (const std::exception& error) {
      log.error(std::string("kept the certificates as they are: ") + error.what());
    }
  }
  log.information("stopping: no new requests, finishing those in flight");
  relay.endWaits();
  front->stop(settings.drainTime);
  relay.endPushes(settings.drainTime);
  if (adminFront) adminFront->stop(std::chrono::milliseconds(0));
  return EXIT_OK;
}

}  // namespace tigress::relay
