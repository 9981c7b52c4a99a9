#include "server/settings.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/text.h"
#include "server/share/target.h"

namespace tigress::relay {
namespace {

// Reads a value into its setting; nothing if it fits, else what was expected.
using Reader = std::optional<std::string> (*)(Settings&, std::string_view);

template <class Number>
std::optional<std::string> readNumber(std::string_view text, std::uint64_t least, std::uint64_t most,
                                      Number& out) {
  const auto value = parseUnsigned(text, most);
  if (!value || *value < least) {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  out = static_cast<Number>(*value);
  return std::nullopt;
}

std::optional<std::string> readSize(std::string_view text, std::size_t least, std::size_t most,
                                    std::size_t& out) {
  struct Unit {
    std::string_view suffix;
    std::size_t bytes;
  };
  static constexpr std::array<Unit, 4> kUnits = {
      {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"", 1}}};
  for (const Unit& unit : kUnits) {
    if (text.size() < unit.suffix.size() || text.substr(text.size() - unit.suffix.size()) != unit.suffix)
      continue;
    const auto value =
        parseUnsigned(trimmed(text.substr(0, text.size() - unit.suffix.size())), most / unit.bytes);
    if (!value || *value * unit.bytes < least) break;
    out = static_cast<std::size_t>(*value) * unit.bytes;
    return std::nullopt;
  }
  return "a size from " + std::to_string(least) + " to " + std::to_string(most) +
         " bytes, such as 65536 or 64KiB";
}

template <class Duration>
std::optional<std::string> readDuration(std::string_view text, std::chrono::seconds least,
                                        std::chrono::seconds most, Duration& out) {
  struct Unit {
    char suffix;
    int seconds;
  };
  static constexpr std::array<Unit, 4> kUnits = {{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}}};
  for (const Unit& unit : kUnits) {
    if (text.empty() || text.back() != unit.suffix) continue;
    const auto value = parseUnsigned(text.substr(0, text.size() - 1), 1000000);
    const auto seconds = std::chrono::seconds(value.value_or(0)) * unit.seconds;
    if (!value || seconds < least || seconds > most) break;
    out = seconds;
    return std::nullopt;
  }
  return "a time from " + std::to_string(least.count()) + "s to " + std::to_string(most.count()) +
         "s, such as 30s, 15m or 24h";
}

template <class Value>
struct Choice {
  std::string_view word;
  Value value;
};

template <class Value, std::size_t count>
std::optional<std::string> readChoice(std::string_view text, const Choice<Value> (&choices)[count],
                                      Value& out) {
  std::string expected;
  for (const auto& choice : choices) {
    if (choice.word == text) {
      out = choice.value;
      return std::nullopt;
    }
    expected += (expected.empty() ? "" : " or ") + std::string(choice.word);
  }
  return expected;
}

std::optional<std::string> readSwitch(std::string_view text, bool& out) {
  static constexpr Choice<bool> kChoices[] = {{"on", true}, {"off", false}};
  return readChoice(text, kChoices, out);
}

std::vector<std::string> readWords(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view word : split(text, ',')) {
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

// `300/1m`
template <class Duration>
std::optional<std::string> readRate(std::string_view text, std::uint32_t& times, Duration& window) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto number = parseUnsigned(trimmed(text.substr(0, slash)), 1000000);
  const std::string_view rest = trimmed(text.substr(std::min(slash + 1, text.size())));
  const bool good =
      number && *number > 0 && !readDuration(rest, std::chrono::seconds(1), std::chrono::hours(24), window);
  if (!good) return "requests and a time from 1s to 86400s, such as 300/1m";
  times = static_cast<std::uint32_t>(*number);
  return std::nullopt;
}

std::optional<std::string> readBudget(std::string_view text, admission::Spending spending, Settings& s) {
  admission::Budget& budget = s.admission.budgets[static_cast<std::size_t>(spending)];
  return readRate(text, budget.requests, budget.window);
}

std::optional<std::string> readPushTypes(std::string_view text, PushSettings& push) {
  const std::array<std::pair<std::string_view, bool PushSettings::*>, 4> types = {
      {{"webpush", &PushSettings::webPush},
       {"com.apple.apns", &PushSettings::apns},
       {"com.google.fcm", &PushSettings::fcm},
       {"webhook", &PushSettings::webhook}}};
  for (const auto& [name, member] : types) push.*member = false;
  for (const std::string& word : readWords(text)) {
    const auto* const type =
        std::find_if(types.begin(), types.end(), [&](const auto& known) { return known.first == word; });
    if (type == types.end()) return "webpush, com.apple.apns, com.google.fcm, webhook, or nothing";
    push.*type->second = true;
  }
  return std::nullopt;
}

std::optional<std::string> readHosts(std::string_view text, std::vector<std::string>& out) {
  out = readWords(text);
  const bool good = std::all_of(out.begin(), out.end(), notify::isHostPattern);
  if (!good) return "host names in lower case, such as push.example, *.push.example for all below it, or *";
  return std::nullopt;
}

std::optional<std::string> readService(std::string_view text, std::string& out) {
  const auto endpoint = notify::Endpoint::parse(text);
  if (!endpoint || endpoint->origin != text)
    return "an origin such as https://push.example, without a slash at the end";
  out = std::string(text);
  return std::nullopt;
}

// A word that goes into tokens and header fields as it is.
std::optional<std::string> readName(std::string_view text, std::string& out) {
  constexpr ByteSet kNameBytes = kAlphanumeric | ByteSet(".-");
  if (!kNameBytes.hasAll(text)) return "letters, digits, dots and hyphens";
  out = std::string(text);
  return std::nullopt;
}

std::optional<std::string> readAnchorFile(std::string_view text, admission::AttestationFormat format,
                                          Settings& s) {
  s.anchorFiles[static_cast<std::size_t>(format)] = std::string(text);
  return std::nullopt;
}

std::optional<std::string> readOrigin(std::string_view text, std::string& out) {
  const auto uri = share::splitUri(text);
  const bool origin = uri && !uri->authority.empty() && uri->pathAndQuery == "/" && text.back() != '/' &&
                      text.find_first_of("?#@ ") == std::string_view::npos;
  if (!text.empty() && !origin) return "an origin such as https://relay.example, without a slash at the end";
  out = std::string(text);
  return std::nullopt;
}

std::optional<std::string> readLink(std::string_view text, std::string& out) {
  const auto uri = share::splitUri(text);
  const bool link = startsWith(text, "https://") && uri && !uri->authority.empty() &&
                    std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!text.empty() && !link) return "a URL such as https://apps.example/wallet";
  out = std::string(text);
  return std::nullopt;
}

struct Row {
  std::string_view key;
  std::string_view standard;  // the default
  std::string_view sentence;
  Reader read;
};

using admission::AttestationFormat;
using admission::Spending;
using std::chrono::hours;
using std::chrono::seconds;

// Every setting there is. The order is that of config/relay.properties.
const Row kRows[] = {
    {"listen.address", "127.0.0.1", "The IP address to listen on; 0.0.0.0 or :: for all.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       if (!IpAddress::parse(text)) return "an IP address";
       s.front.address = std::string(text);
       return std::nullopt;
     }},
    {"listen.port", "8443", "The TCP port; 0 picks a free one.",
     [](Settings& s, std::string_view text) { return readNumber(text, 0, 65535, s.front.port); }},
    {"front.kind", "events",
     "events: a few loops serve all connections (Linux); threads: a thread for each connection.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<front::FrontKind> kChoices[] = {{"events", front::FrontKind::events},
                                                               {"threads", front::FrontKind::threads}};
       return readChoice(text, kChoices, s.front.kind);
     }},
    {"front.loops", "0", "How many loops of front.kind = events; 0: one for each processor.",
     [](Settings& s, std::string_view text) { return readNumber(text, 0, 256, s.front.loops); }},
    {"public.origin", "",
     "What links begin with, such as https://relay.example; empty: the listener's own address.",
     [](Settings& s, std::string_view text) { return readOrigin(text, s.publicOrigin); }},
    {"tls.certificate", "",
     "PEM file with the certificate chain; empty: plain HTTP, on loopback or behind a proxy only.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.front.certificateFile = std::string(text);
       return std::nullopt;
     }},
    {"tls.key", "", "PEM file with the certificate's private key.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.front.keyFile = std::string(text);
       return std::nullopt;
     }},
    {"tls.second-certificate", "",
     "A second certificate of another key type (ECDSA and RSA), for clients that do not know the first's.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.front.secondCertificateFile = std::string(text);
       return std::nullopt;
     }},
    {"tls.second-key", "", "PEM file with the second certificate's private key.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.front.secondKeyFile = std::string(text);
       return std::nullopt;
     }},
    {"tls.ticket-rotation", "12h",
     "How often the key of session tickets changes; tickets of the key before are still taken.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(60), hours(24 * 7), s.front.ticketRotation);
     }},
    {"tls.behind-proxy", "",
     "Networks (CIDR, separated by commas) of trusted proxies that end TLS and talk plain HTTP to this "
     "relay.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.admission.proxies.networks.clear();
       for (const std::string& word : readWords(text)) {
         const auto network = Network::parse(word);
         if (!network) return "networks such as 10.0.0.0/8";
         s.admission.proxies.networks.push_back(*network);
       }
       return std::nullopt;
     }},
    {"tls.proxy-field", "x-forwarded-for",
     "The header in which those proxies name the client: x-forwarded-for or forwarded; they must set it "
     "themselves.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<admission::ProxyField> kChoices[] = {
           {"x-forwarded-for", admission::ProxyField::xForwardedFor},
           {"forwarded", admission::ProxyField::forwarded}};
       return readChoice(text, kChoices, s.admission.proxies.field);
     }},
    {"store.url", "sqlite:tigress.db",
     "Where shares are kept: sqlite:PATH, or memory: which forgets at a restart.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       auto url = store::StoreUrl::parse(text);
       if (!url) return "sqlite:PATH or memory:";
       s.storeUrl = *url;
       return std::nullopt;
     }},
    {"store.durability", "full",
     "full: an answered change survives a power cut; os: it survives the end of the process only, and is "
     "faster.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<store::Durability> kChoices[] = {{"full", store::Durability::full},
                                                                {"os", store::Durability::os}};
       return readChoice(text, kChoices, s.durability);
     }},
    {"store.cache", "auto",
     "How much memory the store may fill with shares it keeps at hand; auto: an eighth of what the machine "
     "or "
     "the control group allows, and 64MiB at least.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.storeCache.reset();
       if (text == "auto") return std::nullopt;
       const auto error = readSize(text, 0, std::size_t{1} << 40, s.storeCache.emplace());
       return error ? std::optional("auto, or " + *error) : std::nullopt;
     }},
    {"store.wal", "16MiB",
     "How large the write-ahead log grows before it is folded into the database; it may take some times as "
     "much while many write.",
     [](Settings& s, std::string_view text) {
       return readSize(text, std::size_t{64} << 10, std::size_t{1} << 30, s.storeLog);
     }},
    {"share.lifetime", "24h", "How long a share lives if its sender does not say.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(24 * 30), s.rules.lifetimes.share);
     }},
    {"share.lifetime-max", "48h", "How long a share may live whatever its sender says.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(24 * 30), s.rules.lifetimes.longest);
     }},
    {"share.reservation", "60s", "How long an identifier given by a redirect waits for its first PUT.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.rules.lifetimes.reservation);
     }},
    {"share.tombstone", "24h",
     "How long the sender of a claimed share can learn how it ended; nothing else is kept of it.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(0), hours(24 * 30), s.rules.lifetimes.tombstone);
     }},
    {"share.identifiers", "server",
     "server: the relay names shares; any: clients may also make their own by MKCOL (for interop benches).",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<share::Identifiers> kChoices[] = {{"server", share::Identifiers::server},
                                                                 {"any", share::Identifiers::any}};
       return readChoice(text, kChoices, s.rules.identifiers);
     }},
    {"share.locks", "16", "How many (shared) locks one share may have at once.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 1000, s.rules.locksPerShare); }},
    {"share.lock-max", "48h", "How long a lock may last without a refresh; never longer than its share.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(24 * 30), s.rules.longestLock);
     }},
    {"create.policy", "open",
     "Who may make shares: open: everybody; token: who has a token of create.tokens; attested: devices that "
     "their "
     "makers vouch for.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<admission::CreatePolicy> kChoices[] = {
           {"open", admission::CreatePolicy::open},
           {"token", admission::CreatePolicy::token},
           {"attested", admission::CreatePolicy::attested}};
       return readChoice(text, kChoices, s.admission.createPolicy);
     }},
    {"create.tokens", "tigress.tokens",
     "File of the tokens' hashes; changed by tigress-relay token add and token revoke while the relay runs.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       if (text.empty()) return "a file name";
       s.tokenFile = std::string(text);
       return std::nullopt;
     }},
    {"attestation.apple", "",
     "PEM file of the roots for attestations of the format apple; empty: not accepted.",
     [](Settings& s, std::string_view text) { return readAnchorFile(text, AttestationFormat::apple, s); }},
    {"attestation.apple-appattest", "", "The same for apple-appattest (App Attest).",
     [](Settings& s, std::string_view text) {
       return readAnchorFile(text, AttestationFormat::appleAppAttest, s);
     }},
    {"attestation.packed", "", "The same for packed.",
     [](Settings& s, std::string_view text) { return readAnchorFile(text, AttestationFormat::packed, s); }},
    {"attestation.android-key", "", "The same for android-key.",
     [](Settings& s,
        std::string_view text) { return readAnchorFile(text, AttestationFormat::androidKey, s); }},
    {"attestation.fido-u2f", "", "The same for fido-u2f.",
     [](Settings& s, std::string_view text) { return readAnchorFile(text, AttestationFormat::fidoU2f, s); }},
    {"attestation.relying-parties", "",
     "Host names (separated by commas) for which attested keys are made; empty: the host of public.origin.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.admission.attestation.relyingParties = readWords(text);
       return std::nullopt;
     }},
    {"attestation.origins", "",
     "Origins (separated by commas) of pages and apps that make them in a browser's way; empty: "
     "public.origin.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.admission.attestation.origins = readWords(text);
       return std::nullopt;
     }},
    {"attestation.app-ids", "",
     "Apps (TEAMID.bundle.identifier, separated by commas) that may use App Attest.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.admission.attestation.appIds = readWords(text);
       return std::nullopt;
     }},
    {"attestation.development", "off", "Whether apps under development may use App Attest, too.",
     [](Settings& s, std::string_view text) {
       return readSwitch(text, s.admission.attestation.appAttestDevelopment);
     }},
    {"attestation.android-hardware", "on",
     "Whether android-key wants a key that hardware made and vouches for; off also takes software's word.",
     [](Settings& s, std::string_view text) {
       return readSwitch(text, s.admission.attestation.androidHardware);
     }},
    {"limits.body", "64KiB", "The largest share.",
     [](Settings& s,
        std::string_view text) { return readSize(text, 1024, 16 * 1024 * 1024, s.front.limits.body); }},
    {"limits.header", "16KiB", "The largest request header, request line and all fields.",
     [](Settings& s, std::string_view text) {
       return readSize(text, 1024, 1024 * 1024, s.front.limits.header);
     }},
    {"limits.target", "2KiB", "The longest request target.",
     [](Settings& s, std::string_view text) { return readSize(text, 256, 65536, s.front.limits.target); }},
    {"limits.connections", "16384",
     "How many connections are served at once; idle ones give way to more, others wait for their turn. Each "
     "needs a file descriptor.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 1000000, s.front.connections); }},
    {"limits.wait", "60s", "The longest a long poll (Prefer: wait) is held.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.rules.longestWait);
     }},
    {"limits.requests-per-connection", "10000", "After how many requests a connection is closed.",
     [](Settings& s, std::string_view text) {
       return readNumber(text, 1, 1000000000, s.front.requestsPerConnection);
     }},
    {"limits.rate", "on",
     "Whether each client network (/24 in IPv4, /48 in IPv6) is limited by the settings from here to "
     "limits.networks; off is for benches.",
     [](Settings& s, std::string_view text) { return readSwitch(text, s.admission.rateLimits); }},
    {"limits.connections-per-network", "128", "How many connections a client network may have open.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 10000, s.connectionsPerNetwork); }},
    {"limits.creates", "1200/1h", "How many shares a client network may make, and how soon that many again.",
     [](Settings& s, std::string_view text) { return readBudget(text, Spending::creates, s); }},
    {"limits.reads", "6000/1m", "The same for reading shares.",
     [](Settings& s, std::string_view text) { return readBudget(text, Spending::reads, s); }},
    {"limits.changes", "1200/1m", "The same for changing, locking and deleting shares.",
     [](Settings& s, std::string_view text) { return readBudget(text, Spending::changes, s); }},
    {"limits.misses", "1200/1m", "The same for asking for shares that are not there.",
     [](Settings& s, std::string_view text) { return readBudget(text, Spending::misses, s); }},
    {"limits.wrong-claims", "120/10m", "The same for claims, proofs and tokens that were refused.",
     [](Settings& s, std::string_view text) { return readBudget(text, Spending::wrongClaims, s); }},
    {"limits.networks", "16384",
     "About how many busy client networks are told apart; each takes 176 bytes of memory.",
     [](Settings& s, std::string_view text) { return readNumber(text, 64, 16777216, s.admission.networks); }},
    {"limits.shares", "1000000", "How many shares, and notes of ended ones, are stored in all.",
     [](Settings& s, std::string_view text) {
       return readNumber(text, 1, 1000000000000, s.admission.storage.shares);
     }},
    {"limits.stored-bytes", "16GiB", "How large the store may become.",
     [](Settings& s, std::string_view text) {
       return readSize(text, 65536, std::size_t{1} << 50, s.admission.storage.bytes);
     }},
    {"limits.free-disk", "64MiB", "How much of the store's disk is left free.",
     [](Settings& s, std::string_view text) {
       return readSize(text, 0, std::size_t{1} << 50, s.admission.storage.freeDisk);
     }},
    {"timeout.idle", "60s", "How long a connection may be silent between requests.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.front.idleTimeout);
     }},
    {"timeout.header", "10s", "How long a request may take from its first byte to the end of its header.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.front.headerTimeout);
     }},
    {"timeout.body", "15s", "How long a request's body may take after its header.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.front.bodyTimeout);
     }},
    {"timeout.write", "15s", "How long a client may take not a single byte of its answer.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(1), s.front.writeTimeout);
     }},
    {"timeout.drain", "10s", "How long requests in flight may take to finish when the relay is told to stop.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(0), hours(1), s.drainTime);
     }},
    {"cleanup.interval", "60s",
     "How often expired shares are removed; they are unreadable from their last second on anyway.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), hours(24), s.cleanup.interval);
     }},
    {"cleanup.batch", "50", "How many expired shares are removed in one transaction.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 100000, s.cleanup.batch); }},
    {"run.user", "",
     "Whom the relay becomes when root starts it, once its ports are bound and its certificates read; empty: "
     "nobody else.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       if (text.find_first_of(": \t") != std::string_view::npos) return "the name of a user";
       s.runUser = std::string(text);
       return std::nullopt;
     }},
    {"log.level", "information",
     "What is logged to stderr: error, warning, information or debug. No level names a share or a client.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<LogLevel> kChoices[] = {{"error", LogLevel::error},
                                                       {"warning", LogLevel::warning},
                                                       {"information", LogLevel::information},
                                                       {"debug", LogLevel::debug}};
       return readChoice(text, kChoices, s.logLevel);
     }},
    {"log.format", "text", "How it is logged: text, or json with one object a line.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<LogFormat> kChoices[] = {{"text", LogFormat::text}, {"json", LogFormat::json}};
       return readChoice(text, kChoices, s.logFormat);
     }},
    {"admin.address", "127.0.0.1",
     "The IP address that /healthz, /readyz and /metrics are served on, in plain HTTP to whoever can reach "
     "it.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       if (!IpAddress::parse(text)) return "an IP address";
       s.adminAddress = std::string(text);
       return std::nullopt;
     }},
    {"admin.port", "", "The TCP port of that; 0 picks a free one; empty: they are not served.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.adminPort.reset();
       if (text.empty()) return std::nullopt;
       std::uint16_t port = 0;
       if (const auto error = readNumber(text, 0, 65535, port)) return *error + ", or nothing";
       s.adminPort = port;
       return std::nullopt;
     }},
    {"push.types", "",
     "Which pushes are sent (separated by commas): webpush, com.apple.apns, com.google.fcm, webhook; empty: "
     "none.",
     [](Settings& s, std::string_view text) { return readPushTypes(text, s.push); }},
    {"push.contact", "",
     "Whom push services may write to, mailto: or https://; empty: public.origin, if it is https.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       const bool good = text.empty() || startsWith(text, "mailto:") || startsWith(text, "https://");
       if (!good) return "mailto:somebody@relay.example or an https:// URL";
       s.push.contact = std::string(text);
       return std::nullopt;
     }},
    {"push.vapid-key", "tigress-vapid.pem",
     "PEM file of the key that Web Pushes are signed with; made at the first start that sends them.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       if (text.empty()) return "a file name";
       s.push.vapidKeyFile = std::string(text);
       return std::nullopt;
     }},
    {"push.webpush-hosts",
     "*.push.services.mozilla.com, fcm.googleapis.com, *.push.apple.com, *.notify.windows.com",
     "Hosts (separated by commas, *.host for all below it) that Web Pushes may be sent to.",
     [](Settings& s, std::string_view text) { return readHosts(text, s.push.webPushHosts); }},
    {"push.webhook-hosts", "", "The same for webhooks.",
     [](Settings& s, std::string_view text) { return readHosts(text, s.push.webhookHosts); }},
    {"push.ports", "443", "TCP ports (separated by commas) that both may be sent to.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.push.ports.clear();
       for (const std::string& word : readWords(text)) {
         std::uint16_t port = 0;
         if (readNumber(word, 1, 65535, port)) return "port numbers such as 443, 8443";
         s.push.ports.push_back(port);
       }
       if (s.push.ports.empty()) return "port numbers such as 443, 8443";
       return std::nullopt;
     }},
    {"push.apns-key", "", "The .p8 file of the key that Apple gave for provider tokens.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.push.apnsKeyFile = std::string(text);
       return std::nullopt;
     }},
    {"push.apns-key-id", "", "The ten characters by which Apple names that key.",
     [](Settings& s, std::string_view text) { return readName(text, s.push.apnsKeyId); }},
    {"push.apns-team", "", "The ten characters by which Apple names the developer's team.",
     [](Settings& s, std::string_view text) { return readName(text, s.push.apnsTeam); }},
    {"push.apns-topic", "", "The bundle identifier of the app that is told.",
     [](Settings& s, std::string_view text) { return readName(text, s.push.apnsTopic); }},
    {"push.apns-origin", "https://api.push.apple.com",
     "Apple's service; https://api.sandbox.push.apple.com for apps in development.",
     [](Settings& s, std::string_view text) { return readService(text, s.push.apnsOrigin); }},
    {"push.fcm-account", "", "The JSON file of the service account that Google gave for sending.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.push.fcmAccountFile = std::string(text);
       return std::nullopt;
     }},
    {"push.fcm-origin", "https://fcm.googleapis.com", "Google's service.",
     [](Settings& s, std::string_view text) { return readService(text, s.push.fcmOrigin); }},
    {"push.authorities", "",
     "PEM file of the certificate authorities that push services are trusted by; empty: the system's.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.push.authorities = std::string(text);
       return std::nullopt;
     }},
    {"push.allow-loopback", "off",
     "Whether pushes may go to this machine, at any port; for tests, so only with a listen.address on "
     "loopback.",
     [](Settings& s, std::string_view text) { return readSwitch(text, s.push.allowLoopback); }},
    {"push.timeout", "10s", "How long a push service may take to answer.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(1), seconds(120), s.push.timeout);
     }},
    {"push.attempts", "8", "How often a push is tried, with waits from 2s that double up to 5m.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 100, s.push.limits.attempts); }},
    {"push.gap", "1s", "Changes of a share within that time are one push after the first.",
     [](Settings& s, std::string_view text) {
       return readDuration(text, seconds(0), hours(1), s.push.limits.gap);
     }},
    {"push.per-share", "120/1h", "How many pushes one share may cause, repeats included; more have to wait.",
     [](Settings& s, std::string_view text) {
       return readRate(text, s.push.limits.perShare, s.push.limits.perShareWindow);
     }},
    {"push.per-host", "16", "How many requests may be on their way to one host.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 10000, s.push.limits.perHost); }},
    {"push.at-once", "64", "How many requests may be on their way to all of them.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 10000, s.push.limits.atOnce); }},
    {"push.queue", "10000", "How many pushes may wait, in memory; more are not sent.",
     [](Settings& s, std::string_view text) { return readNumber(text, 1, 10000000, s.push.limits.queued); }},
    {"push.registrations", "8", "How many tokens one share may have.",
     [](Settings& s, std::string_view text) {
       return readNumber(text, 1, 1000, s.rules.registrations.perShare);
     }},
    {"push.token-size", "4KiB", "How long a token may be.",
     [](Settings& s,
        std::string_view text) { return readSize(text, 64, 65536, s.rules.registrations.tokenBytes); }},
    {"preview.name", "", "The relay's name on its pages; empty: its host name.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.pages.relayName = std::string(text);
       return std::nullopt;
     }},
    {"preview.language", "en",
     "The language of pages when the reader's is not among ours: en, de, fr, es, ja or ar.",
     [](Settings& s, std::string_view text) {
       static constexpr Choice<std::string_view> kChoices[] = {{"en", "en"}, {"de", "de"}, {"fr", "fr"},
                                                               {"es", "es"}, {"ja", "ja"}, {"ar", "ar"}};
       std::string_view language = "en";
       auto error = readChoice(text, kChoices, language);
       s.pages.defaultLanguage = std::string(language);
       return error;
     }},
    {"preview.sender-texts", "on",
     "Whether previews show the sender's title and description; off: fixed words for each kind of key.",
     [](Settings& s, std::string_view text) { return readSwitch(text, s.pages.showSenderTexts); }},
    {"preview.crawlers", "",
     "More User-Agent words (separated by commas) whose bearers get the preview page.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.crawlers = readWords(text);
       return std::nullopt;
     }},
    {"www.receive", "off", "Whether pages open shares themselves and send test shares (for interop benches).",
     [](Settings& s, std::string_view text) { return readSwitch(text, s.pages.receive); }},
    {"app.android-package", "", "The Android package that opens links of this relay; empty: no such button.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.pages.androidPackage = std::string(text);
       return std::nullopt;
     }},
    {"app.associated-host", "", "A second host name that iOS hands to the wallet; empty: no such button.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.pages.associatedHost = std::string(text);
       return std::nullopt;
     }},
    {"app.ios-store", "", "Where people get the wallet for iPhones, an https:// URL; empty: no such link.",
     [](Settings& s, std::string_view text) { return readLink(text, s.pages.iosStore); }},
    {"app.android-store", "",
     "Where people get the wallet for Android, an https:// URL; empty: no such link.",
     [](Settings& s, std::string_view text) { return readLink(text, s.pages.androidStore); }},
    {"app.apple-links", "", "File to serve as /.well-known/apple-app-site-association; empty: none.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.appleAppLinksFile = std::string(text);
       return std::nullopt;
     }},
    {"app.android-links", "", "File to serve as /.well-known/assetlinks.json; empty: none.",
     [](Settings& s, std::string_view text) -> std::optional<std::string> {
       s.androidAppLinksFile = std::string(text);
       return std::nullopt;
     }},
};

const Row* findRow(std::string_view key) {
  for (const Row& row : kRows) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

bool isLoopback(const std::string& address) {
  const auto parsed = IpAddress::parse(address);
  return parsed && parsed->isLoopback();
}

// What no single line can be blamed for.
std::optional<std::string> checkTogether(const Settings& settings) {
  const bool tls = !settings.front.certificateFile.empty();
  if (tls != !settings.front.keyFile.empty())
    return "tls.certificate and tls.key go together: set both or none";
  if (settings.front.secondCertificateFile.empty() != settings.front.secondKeyFile.empty())
    return "tls.second-certificate and tls.second-key go together: set both or none";
  if (!tls && !settings.front.secondKeyFile.empty())
    return "tls.second-certificate stands beside tls.certificate: set that one first";
  if (!tls && !isLoopback(settings.front.address) && settings.admission.proxies.networks.empty()) {
    return "plain HTTP is for loopback only: set tls.certificate and tls.key, or name the proxy that ends "
           "TLS in "
           "tls.behind-proxy";
  }
  const bool anchored = std::any_of(settings.anchorFiles.begin(), settings.anchorFiles.end(),
                                    [](const std::string& file) { return !file.empty(); });
  if (settings.admission.createPolicy == admission::CreatePolicy::attested && !anchored) {
    return "create.policy = attested needs somebody to trust: name a file in attestation.apple, "
           "attestation.packed or one of the others";
  }
  const PushSettings& push = settings.push;
  if (push.any() && !sendsPushes()) {
    return "push.types: this program was built without pushes (TIGRESS_PUSH=OFF); leave it empty";
  }
  if (push.apns && (push.apnsKeyFile.empty() || push.apnsKeyId.empty() || push.apnsTeam.empty() ||
                    push.apnsTopic.empty())) {
    return "com.apple.apns in push.types needs push.apns-key, push.apns-key-id, push.apns-team and "
           "push.apns-topic";
  }
  if (push.fcm && push.fcmAccountFile.empty()) return "com.google.fcm in push.types needs push.fcm-account";
  if (push.webhook && push.webhookHosts.empty()) {
    return "webhook in push.types needs the hosts that may be called in push.webhook-hosts";
  }
  const bool others = !isLoopback(settings.front.address) || !settings.publicOrigin.empty() ||
                      !settings.admission.proxies.networks.empty();
  if (push.allowLoopback && others) {
    return "push.allow-loopback lets clients have this machine called: it is for tests, with a "
           "listen.address on "
           "loopback, and without public.origin and tls.behind-proxy";
  }
  if (settings.rules.lifetimes.share > settings.rules.lifetimes.longest) {
    return "share.lifetime is longer than share.lifetime-max";
  }
  if (settings.front.limits.target >= settings.front.limits.header) {
    return "limits.target must be less than limits.header, which it is a part of";
  }
  return std::nullopt;
}

}  // namespace

Result<SettingLine> readSettingDefinition(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return ParseError{"-D: expected key=value"};
  return SettingLine{"-D", std::string(trimmed(text.substr(0, equals))),
                     std::string(trimmed(text.substr(equals + 1)))};
}

Result<Settings> makeSettings(const std::vector<SettingLine>& lines) {
  Settings settings{};
  for (const Row& row : kRows) {
    if (const auto expected = row.read(settings, row.standard)) {
      return ParseError{"the default of " + std::string(row.key) + " is not " + *expected};
    }
  }
  std::set<std::pair<bool, std::string>> seen;
  for (const SettingLine& line : lines) {
    const Row* row = findRow(line.key);
    if (!row) {
      return ParseError{line.where + ": unknown setting \"" + line.key +
                        "\"; config/relay.properties lists them all"};
    }
    const bool fromCommandLine = line.where == "-D";
    if (!fromCommandLine && !seen.emplace(fromCommandLine, line.key).second) {
      return ParseError{line.where + ": " + line.key + " is set twice; keep one line"};
    }
    if (const auto expected = row->read(settings, line.value)) {
      return ParseError{line.where + ": " + line.key + " = " + line.value + ": expected " + *expected};
    }
  }
  if (const auto error = checkTogether(settings)) return ParseError{*error};
  return settings;
}

std::string printSettings() {
  std::string text =
      "# Settings of tigress-relay: every key, what it means, and its default.\n"
      "# Use: tigress-relay --config FILE, and -D key=value for single ones.\n";
  for (const Row& row : kRows) {
    text += "\n# " + std::string(row.sentence) + "\n" + std::string(row.key) + " =" +
            (row.standard.empty() ? "" : " ") + std::string(row.standard) + "\n";
  }
  return text;
}

std::string originOf(const Settings& settings, std::uint16_t port) {
  if (!settings.publicOrigin.empty()) return settings.publicOrigin;
  const bool tls = !settings.front.certificateFile.empty();
  std::string host = settings.front.address;
  if (isLoopback(host)) {
    host = "localhost";  // what certificates for this machine are made out to
  } else if (host.find(':') != std::string::npos) {
    host = "[" + host + "]";
  }
  const bool usual = port == (tls ? 443 : 80);
  return (tls ? "https://" : "http://") + host + (usual ? "" : ":" + std::to_string(port));
}

}  // namespace tigress::relay
