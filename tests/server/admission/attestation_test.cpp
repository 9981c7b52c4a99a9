#include "server/admission/attestation.h"

#include <fstream>
#include <functional>
#include <sstream>

#include "common/base64.h"
#include "common/text.h"
#include "server/digest.h"
#include "tests/catch.h"
#include "tests/server/admission/test_device.h"
#include "tigress/json.h"

namespace tigress::admission {
namespace {

using namespace std::string_literals;
using Catch::Contains;
using relay::sha256;

const TimePoint kNow = *parseRfc3339("2026-11-21T12:00:00Z");
const std::string kChallenge = base64UrlEncode(std::string(32, 'c'));

Json readVectors(const std::string& name) {
  std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  auto json = Json::parse(text.str());
  REQUIRE(json);
  return *json;
}

std::string fromHex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(hexValue(text[i]) * 16 + hexValue(text[i + 1]));
  }
  return bytes;
}

std::string pemOf(const std::string& der) {
  return "-----BEGIN CERTIFICATE-----\n" + base64Encode(der) + "\n-----END CERTIFICATE-----\n";
}

TrustAnchors anchorsOf(const std::string& pem) {
  auto anchors = TrustAnchors::fromPem(pem);
  REQUIRE(anchors);
  return *anchors;
}

// Trusts one root for all formats.
AttestationPolicy policyOf(const std::string& pem) {
  AttestationPolicy policy;
  policy.anchors.fill(anchorsOf(pem));
  policy.relyingParties = {"relay.example"};
  policy.origins = {"https://relay.example"};
  policy.appIds = {"TEAM.org.example.wallet"};
  return policy;
}

std::string webauthn(const std::string& clientData, const std::string& object) {
  return "webauthn " + base64UrlEncode(clientData) + "." + base64UrlEncode(object);
}

std::string native(const std::string& object) {
  return "native ." + base64UrlEncode(object);
}

// "packed", or why not.
std::string verdict(const AttestationPolicy& policy, const std::string& header,
                    const std::string& challenge = kChallenge, TimePoint now = kNow) {
  const auto verified = verifyAttestation(policy, header, challenge, sha256, now);
  return verified ? std::string(nameOf(*verified)) : verified.error().detail;
}

// A test's own maker of devices. The clock of its certificates is the machine's.
struct Maker {
  TestAuthority authority;
  AttestationPolicy policy = policyOf(authority.rootPem());
  TimePoint now = systemNow();

  static TestAttestation device() {
    TestAttestation device;
    device.clientDataHash = sha256(kChallenge);
    return device;
  }
  std::string nativeVerdict(const std::string& object) const {
    return verdict(policy, native(object), kChallenge, now);
  }
};

// KeyDescription's lists: [1] { SET { sign } }, [702] { 0 }, [600] {}
const std::string kSigns = der("\xA1", der("\x31", der("\x02", "\x02")));
const std::string kGenerated = der("\xBF\x85\x3E", der("\x02", "\0"s));
const std::string kAllApplications = der("\xBF\x84\x58", der("\x05", ""));

}  // namespace

TEST_CASE("the attestations of the WebAuthn specification are judged as it says") {
  const Json vectors = readVectors("webauthn.json");
  AttestationPolicy policy = policyOf(pemOf(fromHex(*vectors.findString("ca"))));
  policy.relyingParties = {*vectors.findString("rpId")};
  policy.origins = {*vectors.findString("origin")};
  policy.androidHardware = false;  // the vectors' lists are empty
  struct Row {
    const char* id;
    const char* verdict;
  };
  const Row rows[] = {{"none-es256", "format"},
                      {"packed-self-es256", "self attestation"},
                      {"none-es256-crossOrigin", "frame of another page"},
                      {"none-es256-topOrigin", "frame of another page"},
                      {"none-es256-long-credential-id", "format"},
                      {"packed-es256", "packed"},
                      {"packed-es384", "packed"},
                      {"packed-es512", "packed"},
                      {"packed-rs256", "packed"},
                      {"packed-eddsa", "packed"},
                      {"packed-ed448", "packed"},
                      {"tpm-es256", "format"},
                      {"android-key-es256", "android-key"},
                      {"apple-es256", "apple"},
                      {"fido-u2f-es256", "fido-u2f"}};
  const Json::Array& registrations = *vectors.find("registrations")->array();
  REQUIRE(registrations.size() == std::size(rows));
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    const Json& one = registrations[i];
    REQUIRE(*one.findString("id") == rows[i].id);
    INFO(rows[i].id);
    const std::string challenge = base64UrlEncode(fromHex(*one.findString("challenge")));
    const std::string header =
        webauthn(fromHex(*one.findString("clientDataJSON")), fromHex(*one.findString("attestationObject")));
    CHECK_THAT(verdict(policy, header, challenge), Contains(rows[i].verdict));
    CHECK(verdict(policy, header, kChallenge) != rows[i].verdict);
    AttestationPolicy elsewhere = policy;
    elsewhere.relyingParties = {"elsewhere.example"};
    CHECK(verdict(elsewhere, header, challenge) != rows[i].verdict);
    AttestationPolicy others = policyOf(TestAuthority().rootPem());
    others.relyingParties = policy.relyingParties;
    others.origins = policy.origins;
    others.androidHardware = false;
    CHECK(verdict(others, header, challenge) != rows[i].verdict);
  }
}

TEST_CASE("no bit of an attestation can be changed") {
  const Json vectors = readVectors("webauthn.json");
  AttestationPolicy policy = policyOf(pemOf(fromHex(*vectors.findString("ca"))));
  policy.relyingParties = {*vectors.findString("rpId")};
  policy.origins = {*vectors.findString("origin")};
  for (const Json& one : *vectors.find("registrations")->array()) {
    if (*one.findString("id") != "packed-es256") continue;
    const std::string challenge = base64UrlEncode(fromHex(*one.findString("challenge")));
    const std::string clientData = fromHex(*one.findString("clientDataJSON"));
    const std::string object = fromHex(*one.findString("attestationObject"));
    REQUIRE(verdict(policy, webauthn(clientData, object), challenge) == "packed");
    int survived = 0;
    for (std::size_t i = 0; i < object.size(); ++i) {
      std::string changed = object;
      changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
      survived += verdict(policy, webauthn(clientData, changed), challenge) == "packed" ? 1 : 0;
    }
    for (std::size_t i = 0; i < clientData.size(); ++i) {
      std::string changed = clientData;
      changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
      survived += verdict(policy, webauthn(changed, object), challenge) == "packed" ? 1 : 0;
    }
    CHECK(survived == 0);
  }
}

TEST_CASE("attestations of real Apple devices hold while their certificates do") {
  const Json vectors = readVectors("attestations.json");
  const Json& app = *vectors.find("appAttest");
  AttestationPolicy policy = policyOf(pemOf(*base64Decode(*app.findString("root"))));
  policy.appIds = {*app.findString("appId")};
  const TimePoint then = *parseRfc3339(*app.findString("at"));
  for (const Json& statement : *app.find("statements")->array()) {
    const bool development = *statement.findString("environment") == "development";
    INFO(*statement.findString("environment"));
    const std::string header = native(*base64Decode(*statement.findString("attestation")));
    const std::string challenge = *base64Decode(*statement.findString("challenge"));
    CHECK(verdict(policy, header, challenge, then) ==
          (development ? "the key is for another environment of App Attest" : "apple-appattest"));
    AttestationPolicy both = policy;
    both.appAttestDevelopment = true;
    CHECK(verdict(both, header, challenge, then) == "apple-appattest");
    CHECK_THAT(verdict(both, header, challenge + "x", then), Contains("another request's"));
    CHECK_THAT(verdict(both, header, challenge, kNow), Contains("their time is up"));
    both.appIds = {"V8H6LQ9448.io.example.other"};
    CHECK_THAT(verdict(both, header, challenge, then), Contains("another relay or app"));
  }
  const Json& apple = *vectors.find("apple");
  AttestationPolicy web = policyOf(pemOf(*base64Decode(*apple.findString("root"))));
  web.relyingParties = {*apple.findString("rpId")};
  web.origins = {*apple.findString("origin")};
  const std::string header =
      "webauthn " + *apple.findString("clientDataJSON") + "." + *apple.findString("attestationObject");
  CHECK(verdict(web, header, *apple.findString("challenge"), *parseRfc3339("2020-09-13T12:00:00Z")) ==
        "apple");
  CHECK_THAT(verdict(web, header, *apple.findString("challenge"), kNow), Contains("their time is up"));
}

TEST_CASE("each format is taken from a native app") {
  const Maker maker;
  const TestAttestation device = Maker::device();
  CHECK(maker.nativeVerdict(device.packed(maker.authority)) == "packed");
  CHECK(maker.nativeVerdict(device.fidoU2f(maker.authority)) == "fido-u2f");
  CHECK(maker.nativeVerdict(device.apple(maker.authority)) == "apple");
  CHECK(maker.nativeVerdict(device.androidKey(maker.authority, "", kSigns + kGenerated)) == "android-key");
  TestAttestation app = Maker::device();
  app.rpId = "TEAM.org.example.wallet";
  app.aaguid = "appattest\0\0\0\0\0\0\0"s;
  app.credentialId = sha256(app.credential.point());
  app.flags = 0x40;
  CHECK(maker.nativeVerdict(app.apple(maker.authority, "apple-appattest")) == "apple-appattest");
}

TEST_CASE("a format without anchors is not accepted") {
  Maker maker;
  const std::string object = Maker::device().packed(maker.authority);
  maker.policy.anchors[static_cast<std::size_t>(AttestationFormat::packed)] = {};
  CHECK_THAT(maker.nativeVerdict(object), Contains("does not accept"));
}

TEST_CASE("an attestation that is wrong in one thing is refused, and the reason is that thing") {
  struct Row {
    const char* reason;
    std::function<std::string(const Maker&, TestAttestation)> make;
  };
  const auto packed = [](const std::function<void(TestAttestation&)>& spoil) {
    return [spoil](const Maker& maker, TestAttestation device) {
      spoil(device);
      return device.packed(maker.authority);
    };
  };
  const Row rows[] = {
      {"signature",
       [](const Maker& maker, TestAttestation device) {
         device.clientDataHash = sha256("another");
         return device.packed(maker.authority);
       }},
      {"signature",
       [](const Maker& maker, TestAttestation device) {
         device.clientDataHash = sha256("another");
         return device.fidoU2f(maker.authority);
       }},
      {"nonce is another",
       [](const Maker& maker, TestAttestation device) {
         device.clientDataHash = sha256("another");
         return device.apple(maker.authority);
       }},
      {"signature",
       [](const Maker& maker, TestAttestation device) {
         device.clientDataHash = sha256("another");
         return device.androidKey(maker.authority, "", kSigns + kGenerated);
       }},
      {"algorithm", [](const Maker& maker,
                       const TestAttestation& device) { return device.packed(maker.authority, -65535); }},
      {"signature", [](const Maker& maker,
                       const TestAttestation& device) { return device.packed(maker.authority, -257); }},
      {"another relay", packed([](TestAttestation& device) { device.rpId = "elsewhere.example"; })},
      {"authenticator data", packed([](TestAttestation& device) { device.flags = 0x01; })},
      {"authenticator data", packed([](TestAttestation& device) { device.flags = 0xC1; })},
      {"authenticator data", packed([](TestAttestation& device) { device.flags = 0x51; })},
      {"authenticator data",
       packed([](TestAttestation& device) { device.coseKey = device.credential.cose() + "\x01"; })},
      {"kind this relay does not know",
       packed([](TestAttestation& device) { device.coseKey = cbor::map({}); })},
      {"kind this relay does not know", packed([](TestAttestation& device) {
         device.coseKey = device.credential.cose();
         device.coseKey.back() = static_cast<char>(device.coseKey.back() ^ 1);  // off the curve
       })},
      {"kind this relay does not know", packed([](TestAttestation& device) {
         device.coseKey = device.credential.cose(cbor::number(-35));  // P-256 is not for ES384
       })},
      {"kind this relay does not know",
       packed([](TestAttestation& device) { device.coseKey = device.credential.cose(cbor::text("x")); })},
      {"not one of an authenticator",
       packed([](TestAttestation& device) { device.certificate.version = 1; })},
      {"not one of an authenticator",
       packed([](TestAttestation& device) { device.certificate.authority = true; })},
      {"not one of an authenticator",
       packed([](TestAttestation& device) { device.certificate.subject.pop_back(); })},
      {"not one of an authenticator",
       packed([](TestAttestation& device) { device.certificate.subject[2].second = "Sales"; })},
      {"another model", packed([](TestAttestation& device) {
         device.certificate.extensions = {{"1.3.6.1.4.1.45724.1.1.4", der("\x04", std::string(16, 'y'))}};
       })},
      {"no trust anchor",
       [](const Maker&, const TestAttestation& device) { return device.packed(TestAuthority()); }},
      {"not for the key",
       [](const Maker& maker, TestAttestation device) {
         device.coseKey = TestKey().cose();
         return device.apple(maker.authority);
       }},
      {"no nonce",
       [](const Maker& maker, TestAttestation device) {
         device.certificate.extensions = {{"1.2.3.4", "x"}};
         return device.apple(maker.authority);
       }},
      {"another request's",
       [](const Maker& maker, TestAttestation device) {
         device.certificate.extensions = {
             {"1.2.840.113635.100.8.2", der("\x30", der("\xA1", der("\x04", "short")))}};
         return device.apple(maker.authority);
       }},
      {"not made in hardware",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, kSigns + kGenerated, "");
       }},
      {"not made in hardware",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, "", kSigns + kGenerated, '\0');
       }},
      {"not made in hardware",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, "", kGenerated);
       }},
      {"not made in hardware",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, "", kSigns + der("\xBF\x85\x3E", der("\x02", "\x02")));
       }},
      {"all apps",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, kAllApplications, kSigns + kGenerated);
       }},
      {"all apps",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, "", kSigns + kAllApplications + kGenerated);
       }},
      {"no description",
       [](const Maker& maker, const TestAttestation& device) {
         return device.androidKey(maker.authority, "", "x");
       }},
  };
  const Maker maker;
  std::size_t number = 0;
  for (const Row& row : rows) {
    INFO("row " << number++);
    CHECK_THAT(maker.nativeVerdict(row.make(maker, Maker::device())), Contains(row.reason));
  }
}

TEST_CASE("App Attest wants a fresh key of that app, by its own name, and no client data") {
  const Maker maker;
  TestAttestation app = Maker::device();
  app.rpId = "TEAM.org.example.wallet";
  app.aaguid = "appattest\0\0\0\0\0\0\0"s;
  app.credentialId = sha256(app.credential.point());
  const auto spoilt = [&](const std::function<void(TestAttestation&)>& spoil) {
    TestAttestation device = app;
    spoil(device);
    return maker.nativeVerdict(device.apple(maker.authority, "apple-appattest"));
  };
  CHECK(spoilt([](TestAttestation&) {}) == "apple-appattest");
  CHECK_THAT(spoilt([](TestAttestation& device) { device.credentialId = "x"; }), Contains("key identifier"));
  CHECK_THAT(spoilt([](TestAttestation& device) { device.counter = "\0\0\0\x01"s; }),
             Contains("used before"));
  CHECK_THAT(spoilt([](TestAttestation& device) { device.aaguid = "appattestdevelop"; }),
             Contains("environment"));
  CHECK_THAT(spoilt([](TestAttestation& device) { device.rpId = "relay.example"; }),
             Contains("another relay or app"));
  const std::string clientData =
      R"({"type":"webauthn.create","challenge":")" + kChallenge + R"(","origin":"https://relay.example"})";
  CHECK_THAT(verdict(maker.policy, webauthn(clientData, app.apple(maker.authority, "apple-appattest")),
                     kChallenge, maker.now),
             Contains("send it as native"));
}

TEST_CASE("a browser's client data must be of a new key, for this request, by this origin") {
  const Maker maker;
  const auto with = [&](const std::string& clientData, unsigned flags = 0x41) {
    TestAttestation device;
    device.flags = flags;
    device.clientDataHash = sha256(clientData);
    return verdict(maker.policy, webauthn(clientData, device.packed(maker.authority)), kChallenge, maker.now);
  };
  const std::string challenge = R"("challenge":")" + kChallenge + R"(",)";
  const std::string create = R"({"type":"webauthn.create",)";
  const std::string origin = R"("origin":"https://relay.example")";
  CHECK(with(create + challenge + origin + "}") == "packed");
  CHECK(with(create + challenge + origin + R"(,"crossOrigin":false,"more":[1]})") == "packed");
  CHECK_THAT(with(create + challenge + origin + "}", 0x40), Contains("no user"));
  CHECK_THAT(with(R"({"type":"webauthn.get",)" + challenge + origin + "}"),
             Contains("not that of a new key"));
  CHECK_THAT(with(create + R"("challenge":"AAAA",)" + origin + "}"), Contains("another request's"));
  CHECK_THAT(with(create + challenge + R"("origin":"https://evil.example"})"), Contains("another origin"));
  CHECK_THAT(with(create + challenge + origin + R"(,"crossOrigin":true})"), Contains("frame"));
  CHECK_THAT(with(create + challenge + "\"origin\":7}"), Contains("cannot be read"));
  CHECK_THAT(with(create + origin + "}"), Contains("cannot be read"));
  CHECK_THAT(with(create + challenge + challenge + origin + "}"), Contains("cannot be read"));
  CHECK_THAT(with("nonsense"), Contains("cannot be read"));
}

TEST_CASE("a header that is no attestation says what one looks like") {
  const Maker maker;
  const std::string object = base64UrlEncode(Maker::device().packed(maker.authority));
  for (const std::string& header :
       {""s, "webauthn"s, "native "s, "native ."s, "native "s + object, "webauthn ."s + object,
        "native e30."s + object, "webauthn e30"s, "Native ."s + object, "native .="s,
        "native ."s + object + "===", "native ."s + object + ".e30", "native  ."s + object,
        "fido ."s + object}) {
    INFO(header.substr(0, 20));
    CHECK_THAT(verdict(maker.policy, header), Contains("webauthn CLIENTDATA.OBJECT"));
  }
  CHECK_THAT(verdict(maker.policy, "native ." + std::string(kLargestAttestation, 'A')), Contains("too long"));
  CHECK_THAT(verdict(maker.policy, native("\xA0")), Contains("lacks"));
  CHECK_THAT(verdict(maker.policy, native("\xFF")), Contains("CBOR"));
}

TEST_CASE("a challenge names all of a request, and each part by its place") {
  const Request request{"POST", "/v1/", {{"Mailbox-Device-Claim", "a"}, {"Mailbox-Request-ID", "b"}}, "body"};
  const std::string challenge = attestationChallenge(request, "relay.example", sha256);
  // The same, by hand.
  const auto sized = [](const std::string& text) {
    return "\0\0\0"s + static_cast<char>(text.size()) + text;
  };
  CHECK(challenge ==
        base64UrlEncode(sha256("tigress-attestation-v1\0"s + sized("POST") + sized("relay.example") +
                               sized("/v1/") + sized("a") + sized("b") + sized("") + sha256("body"))));
  std::vector<Request> others(5, request);
  others[0].method = "PUT";
  others[1].target = "/v1/m";
  others[2].body = "bodx";
  others[3].headers = {{"Mailbox-Device-Claim", "ab"}, {"Mailbox-Request-ID", ""}};
  others[4].headers = {{"Mailbox-Device-Claim", "b"}, {"Mailbox-Request-ID", "a"}};
  for (const Request& other : others)
    CHECK(attestationChallenge(other, "relay.example", sha256) != challenge);
  CHECK(attestationChallenge(request, "relay.example:8443", sha256) != challenge);
}

}  // namespace tigress::admission
