#include "server/settings.h"

#include <fstream>
#include <set>
#include <sstream>

#include "common/text.h"
#include "tests/catch.h"

namespace tigress::relay {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Result<Settings> settingsOf(const std::string& text) {
  const auto lines = readSettingLines(text, "relay.properties");
  if (!lines) return lines.error();
  return makeSettings(*lines);
}

Settings good(const std::string& text) {
  const auto settings = settingsOf(text);
  INFO(text << ": " << (settings ? "" : settings.error().detail));
  REQUIRE(settings);
  return *settings;
}

std::string errorOf(const std::string& text) {
  const auto settings = settingsOf(text);
  return settings ? "" : settings.error().detail;
}

// Every key of the printed settings with its default.
std::vector<std::pair<std::string, std::string>> printedKeys() {
  std::vector<std::pair<std::string, std::string>> keys;
  const auto lines = readSettingLines(printSettings(), "printed");
  REQUIRE(lines);
  for (const SettingLine& line : *lines) keys.emplace_back(line.key, line.value);
  return keys;
}

}  // namespace

TEST_CASE("config/relay.properties is what the code prints") {
  std::ifstream file(TIGRESS_SOURCE_DIR "/config/relay.properties", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  CHECK(text.str() == printSettings());
}

TEST_CASE("the printed settings are the defaults") {
  const Settings defaults = good("");
  const Settings printed = good(printSettings());
  CHECK(printed.front.address == defaults.front.address);
  CHECK(printed.front.port == 8443);
  CHECK(printed.storeUrl.path == "tigress.db");
  CHECK(printed.storeUrl.backend == store::StoreUrl::Backend::sqlite);
  CHECK(printed.durability == store::Durability::full);
  CHECK(printed.rules.identifiers == share::Identifiers::server);
  CHECK(printed.rules.lifetimes.share == hours(24));
  CHECK(printed.rules.lifetimes.longest == hours(48));
  CHECK(printed.front.limits.body == 65536);
  CHECK(printed.admission.rateLimits);
  CHECK_FALSE(printed.adminPort);
}

TEST_CASE("every setting has a sentence, and no two have the same key") {
  std::set<std::string> keys;
  for (const auto& [key, value] : printedKeys()) {
    INFO(key);
    CHECK(keys.insert(key).second);
    CHECK(key == asciiLower(key));
    CHECK_THAT(printSettings(), Contains(".\n" + key + " ="));
  }
  CHECK(keys.size() > 20);
}

TEST_CASE("a setting takes its value into its place") {
  const Settings settings = good(R"(
# a comment
   # another
listen.address = 127.0.0.2
listen.port=0
front.kind = threads
front.loops = 3
public.origin =  https://relay.example:444
tls.certificate = /etc/a cert.pem
tls.key = /etc/key.pem
tls.second-certificate = /etc/second.pem
tls.second-key = /etc/second-key.pem
tls.ticket-rotation = 1h
tls.behind-proxy = 10.0.0.0/8, fd00::/8,192.0.2.1
tls.proxy-field = forwarded
store.url = memory:
store.durability = os
store.cache = 5MiB
store.wal = 128KiB
share.lifetime = 90m
share.lifetime-max = 2d
share.reservation = 5s
share.identifiers = any
share.locks = 3
share.lock-max = 1h
create.policy = attested
create.tokens = /etc/tokens
attestation.apple = a.pem
attestation.apple-appattest = b.pem
attestation.packed = c.pem
attestation.android-key = d.pem
attestation.fido-u2f = e.pem
attestation.relying-parties = one.example, two.example
attestation.origins = https://one.example,https://two.example:8443
attestation.app-ids = TEAM.org.example.wallet
attestation.development = on
attestation.android-hardware = off
limits.body = 1MiB
limits.header = 2048
limits.target = 1KiB
limits.connections = 7
limits.wait = 9s
limits.requests-per-connection = 12
limits.rate = off
limits.connections-per-network = 13
limits.creates = 14/15s
limits.reads = 16 / 17m
limits.changes = 18/19h
limits.misses = 20/1d
limits.wrong-claims = 21/22s
limits.networks = 64
limits.shares = 23
limits.stored-bytes = 24GiB
limits.free-disk = 0
timeout.idle = 1m
timeout.header = 2s
timeout.body = 3s
timeout.write = 4s
timeout.drain = 0s
cleanup.interval = 1h
cleanup.batch = 11
log.level = debug
log.format = json
admin.address = ::1
admin.port = 9100
push.types = webpush, webhook
push.contact = mailto:push@relay.example
push.vapid-key = /etc/vapid.pem
push.webpush-hosts = push.example, *.push.example
push.webhook-hosts = *
push.ports = 443, 8443
push.apns-key = key.p8
push.apns-key-id = KEY1234567
push.apns-team = TEAM123456
push.apns-topic = org.example.wallet
push.apns-origin = https://api.sandbox.push.apple.com
push.fcm-account = account.json
push.fcm-origin = https://fcm.example:8443
push.authorities = authorities.pem
push.allow-loopback = off
push.timeout = 25s
push.attempts = 26
push.gap = 27s
push.per-share = 28/29s
push.per-host = 30
push.at-once = 31
push.queue = 32
push.registrations = 33
push.token-size = 1KiB
preview.name = A relay = mine
preview.language = ja
preview.sender-texts = off
preview.crawlers = one, two ,
app.android-package = org.example
app.associated-host = two.example
app.ios-store = https://apps.example/wallet?id=1
app.android-store = https://play.example/wallet
app.apple-links = a.json
app.android-links = b.json
)");
  CHECK(settings.front.address == "127.0.0.2");
  CHECK(settings.front.port == 0);
  CHECK(settings.front.kind == front::FrontKind::threads);
  CHECK(settings.front.loops == 3);
  CHECK(settings.publicOrigin == "https://relay.example:444");
  CHECK(settings.front.certificateFile == "/etc/a cert.pem");
  CHECK(settings.front.keyFile == "/etc/key.pem");
  CHECK(settings.front.secondCertificateFile == "/etc/second.pem");
  CHECK(settings.front.secondKeyFile == "/etc/second-key.pem");
  CHECK(settings.front.ticketRotation == hours(1));
  CHECK(settings.admission.proxies.networks == std::vector<Network>{*Network::parse("10.0.0.0/8"),
                                                                    *Network::parse("fd00::/8"),
                                                                    *Network::parse("192.0.2.1")});
  CHECK(settings.admission.proxies.field == admission::ProxyField::forwarded);
  CHECK(settings.storeUrl.backend == store::StoreUrl::Backend::memory);
  CHECK(settings.durability == store::Durability::os);
  CHECK(settings.storeCache == 5 * 1024 * 1024);
  CHECK(settings.storeLog == 128 * 1024);
  CHECK(settings.rules.lifetimes.share == minutes(90));
  CHECK(settings.rules.lifetimes.longest == hours(48));
  CHECK(settings.rules.lifetimes.reservation == seconds(5));
  CHECK(settings.rules.identifiers == share::Identifiers::any);
  CHECK(settings.rules.locksPerShare == 3);
  CHECK(settings.rules.longestLock == hours(1));
  CHECK(settings.admission.createPolicy == admission::CreatePolicy::attested);
  CHECK(settings.tokenFile == "/etc/tokens");
  CHECK(settings.anchorFiles == std::array<std::string, 5>{"a.pem", "b.pem", "c.pem", "d.pem", "e.pem"});
  const admission::AttestationPolicy& attestation = settings.admission.attestation;
  CHECK(attestation.relyingParties == std::vector<std::string>{"one.example", "two.example"});
  CHECK(attestation.origins == std::vector<std::string>{"https://one.example", "https://two.example:8443"});
  CHECK(attestation.appIds == std::vector<std::string>{"TEAM.org.example.wallet"});
  CHECK(attestation.appAttestDevelopment);
  CHECK_FALSE(attestation.androidHardware);
  CHECK(settings.front.limits.body == 1024 * 1024);
  CHECK(settings.front.limits.header == 2048);
  CHECK(settings.front.limits.target == 1024);
  CHECK(settings.front.connections == 7);
  CHECK(settings.rules.longestWait == seconds(9));
  CHECK(settings.front.requestsPerConnection == 12);
  CHECK_FALSE(settings.admission.rateLimits);
  CHECK(settings.connectionsPerNetwork == 13);
  const std::pair<std::uint32_t, seconds> budgets[] = {
      {14, seconds(15)}, {16, minutes(17)}, {18, hours(19)}, {20, hours(24)}, {21, seconds(22)}};
  for (std::size_t i = 0; i < admission::kSpendings; ++i) {
    CHECK(settings.admission.budgets[i].requests == budgets[i].first);
    CHECK(settings.admission.budgets[i].window == budgets[i].second);
  }
  CHECK(settings.admission.networks == 64);
  CHECK(settings.admission.storage.shares == 23);
  CHECK(settings.admission.storage.bytes == std::uint64_t{24} << 30);
  CHECK(settings.admission.storage.freeDisk == 0);
  CHECK(settings.front.idleTimeout == minutes(1));
  CHECK(settings.front.headerTimeout == seconds(2));
  CHECK(settings.front.bodyTimeout == seconds(3));
  CHECK(settings.front.writeTimeout == seconds(4));
  CHECK(settings.drainTime == seconds(0));
  CHECK(settings.cleanup.interval == hours(1));
  CHECK(settings.cleanup.batch == 11);
  CHECK(settings.logLevel == LogLevel::debug);
  CHECK(settings.logFormat == LogFormat::json);
  CHECK(settings.adminAddress == "::1");
  CHECK(settings.adminPort == 9100);
  CHECK(settings.push.webPush);
  CHECK_FALSE(settings.push.apns);
  CHECK_FALSE(settings.push.fcm);
  CHECK(settings.push.webhook);
  CHECK(settings.push.contact == "mailto:push@relay.example");
  CHECK(settings.push.vapidKeyFile == "/etc/vapid.pem");
  CHECK(settings.push.webPushHosts == std::vector<std::string>{"push.example", "*.push.example"});
  CHECK(settings.push.webhookHosts == std::vector<std::string>{"*"});
  CHECK(settings.push.ports == std::vector<std::uint16_t>{443, 8443});
  CHECK(settings.push.apnsKeyFile == "key.p8");
  CHECK(settings.push.apnsKeyId == "KEY1234567");
  CHECK(settings.push.apnsTeam == "TEAM123456");
  CHECK(settings.push.apnsTopic == "org.example.wallet");
  CHECK(settings.push.apnsOrigin == "https://api.sandbox.push.apple.com");
  CHECK(settings.push.fcmAccountFile == "account.json");
  CHECK(settings.push.fcmOrigin == "https://fcm.example:8443");
  CHECK(settings.push.authorities == "authorities.pem");
  CHECK_FALSE(settings.push.allowLoopback);
  CHECK(settings.push.timeout == seconds(25));
  CHECK(settings.push.limits.attempts == 26);
  CHECK(settings.push.limits.gap == seconds(27));
  CHECK(settings.push.limits.perShare == 28);
  CHECK(settings.push.limits.perShareWindow == seconds(29));
  CHECK(settings.push.limits.perHost == 30);
  CHECK(settings.push.limits.atOnce == 31);
  CHECK(settings.push.limits.queued == 32);
  CHECK(settings.rules.registrations.perShare == 33);
  CHECK(settings.rules.registrations.tokenBytes == 1024);
  CHECK(settings.pages.relayName == "A relay = mine");
  CHECK(settings.pages.defaultLanguage == "ja");
  CHECK_FALSE(settings.pages.showSenderTexts);
  CHECK(settings.crawlers == std::vector<std::string>{"one", "two"});
  CHECK(settings.pages.androidPackage == "org.example");
  CHECK(settings.pages.associatedHost == "two.example");
  CHECK(settings.pages.iosStore == "https://apps.example/wallet?id=1");
  CHECK(settings.pages.androidStore == "https://play.example/wallet");
  CHECK(settings.appleAppLinksFile == "a.json");
  CHECK(settings.androidAppLinksFile == "b.json");
}

TEST_CASE("a bad value names its place, its key, itself and what was expected") {
  struct Row {
    std::string key;
    std::vector<std::string> values;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"listen.address", {"", "localhost", "127.0.0", "300.0.0.1", "::g"}, "IP address"},
      {"listen.port", {"", "-1", "65536", "80a", " ", "0x50", "99999999999999999999"}, "from 0 to 65535"},
      {"front.kind", {"", "thread", "epoll"}, "events or threads"},
      {"front.loops", {"-1", "257"}, "from 0 to 256"},
      {"public.origin",
       {"relay.example", "https://relay.example/", "https://relay.example/x", "https://u@relay.example",
        "https://relay.example?x", "https://relay.example#x", "ftp://relay.example", "https://",
        "https://a b", "//relay.example"},
       "https://relay.example"},
      {"tls.ticket-rotation", {"", "59s", "8d"}, "from 60s to 604800s"},
      {"tls.behind-proxy",
       {"proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "x, 10.0.0.0/8"},
       "10.0.0.0/8"},
      {"store.url", {"", "tigress.db", "sqlite:", "redis://x", "memory"}, "sqlite:PATH or memory:"},
      {"store.durability", {"", "FULL", "none"}, "full or os"},
      {"store.wal", {"", "0", "63KiB", "2GiB"}, "bytes, such as 65536 or 64KiB"},
      {"store.cache",
       {"", "-1", "1GB", "much", "automatic"},
       "auto, or a size from 0 to 1099511627776 bytes"},
      {"share.lifetime",
       {"", "0s", "24", "h", "-1h", "1.5h", "31d", "1w", "24 hours"},
       "such as 30s, 15m or 24h"},
      {"share.lifetime-max", {"0s", "31d"}, "from 1s to 2592000s"},
      {"share.reservation", {"0s", "61m"}, "from 1s to 3600s"},
      {"share.identifiers", {"", "client", "Any"}, "server or any"},
      {"share.locks", {"0", "1001", "-1"}, "from 1 to 1000"},
      {"share.lock-max", {"0s", "31d"}, "from 1s to"},
      {"create.policy", {"", "closed", "Open"}, "open or token or attested"},
      {"attestation.development", {"maybe"}, "on or off"},
      {"attestation.android-hardware", {"maybe"}, "on or off"},
      {"create.tokens", {""}, "file name"},
      {"limits.body",
       {"", "0", "1023", "17MiB", "64KB", "KiB", "-1KiB", "1e6", "64kib"},
       "such as 65536 or 64KiB"},
      {"limits.header", {"512", "2MiB"}, "from 1024 to 1048576"},
      {"limits.target", {"255", "65KiB"}, "from 256 to 65536"},
      {"limits.connections", {"0", "1000001", ""}, "from 1 to 1000000"},
      {"limits.wait", {"0s", "61m"}, "from 1s to 3600s"},
      {"limits.rate", {"", "true", "yes", "ON"}, "on or off"},
      {"limits.requests-per-connection", {"0", "-1", ""}, "from 1 to"},
      {"limits.connections-per-network", {"0", "10001"}, "from 1 to 10000"},
      {"limits.creates",
       {"", "0/1m", "10", "10/", "/1m", "10/0s", "10/25h", "1000001/1m", "1/m", "1/1m/1m"},
       "300/1m"},
      {"limits.reads", {"-1/1m"}, "300/1m"},
      {"limits.changes", {"1.5/1m"}, "300/1m"},
      {"limits.misses", {"many"}, "300/1m"},
      {"limits.wrong-claims", {"1/s"}, "300/1m"},
      {"limits.networks", {"0", "63", "16777217"}, "from 64 to"},
      {"limits.shares", {"0", "all"}, "from 1 to"},
      {"limits.stored-bytes", {"1KiB", "2PiB"}, "such as 65536 or 64KiB"},
      {"limits.free-disk", {"-1", "a lot"}, "such as 65536 or 64KiB"},
      {"tls.proxy-field", {"", "X-Forwarded-For", "x-real-ip"}, "x-forwarded-for or forwarded"},
      {"timeout.idle", {"0s", "61m"}, "from 1s to 3600s"},
      {"timeout.header", {"0s", "61m"}, "from 1s to 3600s"},
      {"timeout.body", {"0s", "61m"}, "from 1s to 3600s"},
      {"timeout.write", {"0s", "61m"}, "from 1s to 3600s"},
      {"timeout.drain", {"61m", "never"}, "from 0s to 3600s"},
      {"cleanup.interval", {"0s", "25h"}, "from 1s to 86400s"},
      {"cleanup.batch", {"0", "100001"}, "from 1 to 100000"},
      {"log.level", {"", "trace", "info"}, "error or warning or information or debug"},
      {"log.format", {"", "xml", "JSON"}, "text or json"},
      {"admin.address", {"", "localhost"}, "IP address"},
      {"admin.port", {"-1", "65536", "x"}, "from 0 to 65535, or nothing"},
      {"push.types", {"pigeon", "webpush, pigeon", "WebPush"}, "webpush, com.apple.apns"},
      {"push.contact", {"push@relay.example", "http://relay.example"}, "mailto:"},
      {"push.vapid-key", {""}, "file name"},
      {"push.webpush-hosts", {"https://push.example", "push.*", "127.0.0.1", "Push.example"}, "push.example"},
      {"push.webhook-hosts", {"[::1]"}, "push.example"},
      {"push.ports", {"", "0", "65536", "https"}, "port numbers"},
      {"push.apns-key-id", {"a b", "a/b"}, "letters"},
      {"push.apns-team", {"\"x\""}, "letters"},
      {"push.apns-topic", {"org_example"}, "letters"},
      {"push.apns-origin",
       {"", "http://push.example", "https://push.example/", "https://127.0.0.1"},
       "origin"},
      {"push.fcm-origin", {"https://push.example:443"}, "origin"},
      {"push.allow-loopback", {"maybe"}, "on or off"},
      {"push.timeout", {"0s", "121s"}, "from 1s to 120s"},
      {"push.attempts", {"0", "101"}, "from 1 to 100"},
      {"push.gap", {"61m"}, "from 0s to 3600s"},
      {"push.per-share", {"0/1h", "many"}, "300/1m"},
      {"push.per-host", {"0"}, "from 1 to"},
      {"push.at-once", {"0"}, "from 1 to"},
      {"push.queue", {"0"}, "from 1 to"},
      {"push.registrations", {"0", "1001"}, "from 1 to 1000"},
      {"push.token-size", {"63", "65KiB"}, "bytes"},
      {"preview.language", {"", "tlh", "EN"}, "en or de"},
      {"preview.sender-texts", {"maybe"}, "on or off"},
      {"app.ios-store",
       {"apps.example/wallet", "http://apps.example/", "https://", "https:///wallet", "market://details",
        "javascript:alert(1)", "https://apps.example/a b"},
       "https://apps.example/wallet"},
      {"app.android-store", {"/wallet"}, "https://apps.example/wallet"},
  };
  for (const Row& row : rows) {
    for (const std::string& value : row.values) {
      const std::string line = row.key + " = " + value;
      INFO(line);
      CHECK_THAT(errorOf("# first\n\n" + line + "\n"), StartsWith("relay.properties:3: " + row.key + " = ") &&
                                                           Contains(": expected ") && Contains(row.expected));
    }
  }
}

TEST_CASE("an unknown setting names its place and itself") {
  CHECK_THAT(errorOf("listen.port = 1\nlisten.prot = 2\n"), StartsWith("relay.properties:2: ") &&
                                                                Contains("\"listen.prot\"") &&
                                                                Contains("config/relay.properties"));
  CHECK_THAT(errorOf("Listen.port = 1"), Contains("unknown setting"));
  CHECK_THAT(errorOf("= 1"), Contains("unknown setting"));
}

TEST_CASE("a line that is no setting names its place") {
  CHECK_THAT(errorOf("listen.port = 1\r\n\r\nnonsense\r\n"),
             StartsWith("relay.properties:3: ") && Contains("key = value"));
}

TEST_CASE("a setting that stands twice in the file is an error, not a puzzle") {
  CHECK_THAT(errorOf("listen.port = 1\nshare.locks = 2\nlisten.port = 1\n"),
             StartsWith("relay.properties:3: ") && Contains("listen.port") && Contains("twice"));
}

TEST_CASE("the command line goes before the file, and its last word before its first") {
  auto lines = *readSettingLines("listen.port = 1\n", "relay.properties");
  lines.push_back(*readSettingDefinition("listen.port=2"));
  lines.push_back(*readSettingDefinition("listen.port = 3"));
  const auto settings = makeSettings(lines);
  REQUIRE(settings);
  CHECK(settings->front.port == 3);
}

TEST_CASE("a mistake on the command line says where it was made") {
  for (const char* text : {"", "nonsense", "=5"}) {
    const auto line = readSettingDefinition(text);
    REQUIRE_FALSE(line);
    CHECK_THAT(line.error().detail, StartsWith("-D: ") && Contains("key=value"));
  }
  const auto unknown = makeSettings({*readSettingDefinition("listen.prot=1")});
  REQUIRE_FALSE(unknown);
  CHECK_THAT(unknown.error().detail, StartsWith("-D: ") && Contains("listen.prot"));
  const auto bad = makeSettings({*readSettingDefinition("listen.port=x")});
  REQUIRE_FALSE(bad);
  CHECK_THAT(bad.error().detail, StartsWith("-D: listen.port = x: expected "));
}

TEST_CASE("plain HTTP is for loopback or behind a proxy only") {
  const std::string tls = "tls.certificate = c\ntls.key = k\n";
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    const std::string line = "listen.address = " + std::string(address) + "\n";
    INFO(line);
    CHECK_THAT(errorOf(line),
               Contains("plain HTTP") && Contains("tls.certificate") && Contains("tls.behind-proxy"));
    CHECK(errorOf(line + tls).empty());
    CHECK(errorOf(line + "tls.behind-proxy = 10.0.0.0/8\n").empty());
  }
  for (const char* address : {"127.0.0.1", "127.8.8.8", "::1"}) {
    CHECK(errorOf("listen.address = " + std::string(address)).empty());
  }
}

TEST_CASE("a certificate and its key go together") {
  CHECK_THAT(errorOf("tls.certificate = c"), Contains("tls.key"));
  CHECK_THAT(errorOf("tls.key = k"), Contains("tls.certificate"));
}

TEST_CASE("a share cannot live longer than the longest by default") {
  CHECK_THAT(errorOf("share.lifetime = 49h"), Contains("share.lifetime") && Contains("share.lifetime-max"));
  CHECK(errorOf("share.lifetime = 48h").empty());
  CHECK(errorOf("share.lifetime = 49h\nshare.lifetime-max = 49h").empty());
}

TEST_CASE("who takes the word of devices' makers names one") {
  CHECK_THAT(errorOf("create.policy = attested"),
             Contains("create.policy") && Contains("attestation.packed"));
  CHECK(errorOf("create.policy = attested\nattestation.packed = roots.pem").empty());
}

TEST_CASE("a line of a request cannot be longer than its header") {
  CHECK_THAT(errorOf("limits.target = 16KiB"), Contains("limits.target") && Contains("limits.header"));
  CHECK(errorOf("limits.target = 16KiB\nlimits.header = 17KiB").empty());
}

TEST_CASE("links begin with the public origin, or with where the relay listens") {
  CHECK(originOf(good("public.origin = https://relay.example"), 1) == "https://relay.example");
  CHECK(originOf(good(""), 8443) == "http://localhost:8443");
  CHECK(originOf(good("listen.address = ::1"), 80) == "http://localhost");
  const std::string tls = "tls.certificate = c\ntls.key = k\n";
  CHECK(originOf(good(tls), 443) == "https://localhost");
  CHECK(originOf(good(tls), 80) == "https://localhost:80");
  CHECK(originOf(good(tls + "listen.address = 192.0.2.1"), 8443) == "https://192.0.2.1:8443");
  CHECK(originOf(good(tls + "listen.address = 2001:db8::1"), 443) == "https://[2001:db8::1]");
}

}  // namespace tigress::relay
