#include "server/admission/attestation.h"

#include <algorithm>

#include "common/base64.h"
#include "server/admission/cbor.h"
#include "server/admission/der.h"
#include "tigress/json.h"

namespace tigress::admission {
namespace {

constexpr std::size_t kMostCertificates = 8;
constexpr int kClientDataDepth = 4;

// Section 6.1 of WebAuthn, and 6.5.1 for what is attested.
struct AuthenticatorData {
  std::string_view rpIdHash;
  bool userPresent = false;
  std::string_view counter;
  std::string_view aaguid;
  std::string_view credentialId;
  Cbor coseKey;
};

// All that a statement is checked with.
struct Statement {
  const AttestationPolicy& policy;
  const Sha256& sha256;
  AuthenticatorData authenticator;
  std::string_view authenticatorBytes;
  std::string clientDataHash;
  const Cbor& members;  // attStmt
  std::vector<Certificate> chain;
  PublicKey certificateKey;
  PublicKey credentialKey;
};

using Check = Result<void, ParseError>;

std::optional<AuthenticatorData> readAuthenticatorData(std::string_view bytes) {
  constexpr unsigned kUserPresent = 1U << 0;
  constexpr unsigned kBackupEligible = 1U << 3;
  constexpr unsigned kBackedUp = 1U << 4;
  constexpr unsigned kAttested = 1U << 6;
  constexpr unsigned kExtended = 1U << 7;
  constexpr std::size_t kFixed = 32 + 1 + 4 + 16 + 2;
  constexpr std::size_t kLongestId = 1023;
  if (bytes.size() < kFixed) return std::nullopt;
  const auto flags = static_cast<unsigned char>(bytes[32]);
  const std::size_t idSize = static_cast<std::size_t>(static_cast<unsigned char>(bytes[53])) << 8 |
                             static_cast<unsigned char>(bytes[54]);
  if ((flags & kAttested) == 0 || idSize > kLongestId || bytes.size() < kFixed + idSize) return std::nullopt;
  // Web Authentication Level 3, section 7.1: what cannot be backed up is not.
  if ((flags & kBackedUp) != 0 && (flags & kBackupEligible) == 0) return std::nullopt;
  AuthenticatorData data;
  data.rpIdHash = bytes.substr(0, 32);
  data.userPresent = (flags & kUserPresent) != 0;
  data.counter = bytes.substr(33, 4);
  data.aaguid = bytes.substr(37, 16);
  data.credentialId = bytes.substr(kFixed, idSize);
  std::string_view rest = bytes.substr(kFixed + idSize);
  auto key = Cbor::take(rest);
  if (!key) return std::nullopt;
  data.coseKey = std::move(*key);
  if ((flags & kExtended) != 0) {
    const auto extensions = Cbor::take(rest);
    if (!extensions || !extensions->map()) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return data;
}

Result<std::vector<Certificate>> readChain(const Cbor& members) {
  const Cbor* list = members.find("x5c");
  if (!list || !list->array() || list->array()->empty()) {
    return ParseError{
        "the statement has no certificates (x5c); self attestation says nothing about a device"};
  }
  if (list->array()->size() > kMostCertificates) return ParseError{"the statement has too many certificates"};
  std::vector<Certificate> chain;
  for (const Cbor& item : *list->array()) {
    const auto der = item.byteString();
    auto certificate = der ? Certificate::fromDer(*der) : std::nullopt;
    if (!certificate) return ParseError{"a certificate of the statement cannot be read"};
    chain.push_back(std::move(*certificate));
  }
  return chain;
}

// The signature over what a format signs, by the attestation certificate.
Check checkSignature(const Statement& statement, SignatureAlgorithm algorithm, const std::string& message) {
  const auto signature = statement.members.findBytes("sig");
  if (!signature) return ParseError{"the statement has no signature (sig)"};
  if (!statement.certificateKey.verifies(algorithm, message, *signature))
    return ParseError{"the signature of the statement is wrong"};
  return {};
}

Check checkAlgorithmAndSignature(const Statement& statement) {
  const Cbor* alg = statement.members.find("alg");
  const auto number = alg ? alg->integer() : std::nullopt;
  const auto algorithm = number ? signatureAlgorithm(*number) : std::nullopt;
  if (!algorithm)
    return ParseError{"the statement's algorithm is none of ES256, ES384, ES512, RS256 and EdDSA"};
  return checkSignature(statement, *algorithm,
                        std::string(statement.authenticatorBytes) + statement.clientDataHash);
}

Check checkCredentialKeyIsCertified(const Statement& statement) {
  if (statement.credentialKey.isSame(statement.certificateKey)) return {};
  return ParseError{"the certificate is not for the key"};
}

// Apple's extension: SEQUENCE { [1] { OCTET STRING nonce } }
Check checkAppleNonce(const Statement& statement) {
  constexpr const char* kNonce = "1.2.840.113635.100.8.2";
  const auto extension = statement.chain.front().extension(kNonce);
  if (!extension) return ParseError{"the certificate has no nonce"};
  const auto sequence = Der::only(extension->value, Der::kSequence);
  const auto tagged = sequence ? Der::only(*sequence, Der::contextTag(1)) : std::nullopt;
  const auto nonce = tagged ? Der::only(*tagged, Der::kOctetString) : std::nullopt;
  const std::string wanted =
      statement.sha256(std::string(statement.authenticatorBytes) + statement.clientDataHash);
  if (!nonce || *nonce != wanted) return ParseError{"the certificate's nonce is another request's"};
  return {};
}

Check checkApple(const Statement& statement) {
  if (auto nonce = checkAppleNonce(statement); !nonce) return nonce;
  return checkCredentialKeyIsCertified(statement);
}

// https://developer.apple.com/documentation/devicecheck/validating-apps-that-connect-to-your-server
Check checkAppAttest(const Statement& statement) {
  using namespace std::string_view_literals;
  if (auto nonce = checkAppleNonce(statement); !nonce) return nonce;
  if (auto key = checkCredentialKeyIsCertified(statement); !key) return key;
  const AuthenticatorData& data = statement.authenticator;
  if (data.credentialId != statement.sha256(statement.certificateKey.p256Point()))
    return ParseError{"the key identifier is not the key's"};
  if (data.counter != "\0\0\0\0"sv)
    return ParseError{"the key was used before; make a fresh one for each share"};
  const bool production = data.aaguid == "appattest\0\0\0\0\0\0\0"sv;
  const bool development = statement.policy.appAttestDevelopment && data.aaguid == "appattestdevelop"sv;
  if (!production && !development) return ParseError{"the key is for another environment of App Attest"};
  return {};
}

// Section 8.2.1
Check checkPacked(const Statement& statement) {
  constexpr const char* kAaguid = "1.3.6.1.4.1.45724.1.1.4";
  if (auto signature = checkAlgorithmAndSignature(statement); !signature) return signature;
  const Certificate& leaf = statement.chain.front();
  const bool subject = leaf.subject("C") && leaf.subject("O") && leaf.subject("CN") &&
                       leaf.subject("OU") == "Authenticator Attestation";
  if (leaf.version() != 3 || leaf.isAuthority() || !subject)
    return ParseError{"the certificate is not one of an authenticator"};
  if (const auto extension = leaf.extension(kAaguid)) {
    const auto aaguid = Der::only(extension->value, Der::kOctetString);
    if (extension->critical || !aaguid || *aaguid != statement.authenticator.aaguid)
      return ParseError{"the certificate is for another model of authenticator"};
  }
  return {};
}

// An AuthorizationList of Android's key attestation, as much as section 8.4 looks at.
struct AuthorizationList {
  bool forAllApplications = false;
  std::vector<std::uint32_t> purposes;
  std::optional<std::uint32_t> origin;
};

std::optional<AuthorizationList> readAuthorizationList(std::string_view content) {
  constexpr std::uint32_t kPurpose = Der::contextTag(1);
  constexpr std::uint32_t kAllApplications = Der::contextTag(600);
  constexpr std::uint32_t kOrigin = Der::contextTag(702);
  AuthorizationList list;
  while (!content.empty()) {
    const auto element = Der::take(content);
    if (!element) return std::nullopt;
    if (element->tag == kAllApplications) list.forAllApplications = true;
    if (element->tag == kOrigin) {
      const auto origin = Der::only(element->content, Der::kInteger);
      list.origin = origin ? derNumber(*origin) : std::nullopt;
      if (!list.origin) return std::nullopt;
    }
    if (element->tag == kPurpose) {
      auto purposes = Der::only(element->content, Der::kSet);
      if (!purposes) return std::nullopt;
      while (!purposes->empty()) {
        const auto purpose = Der::take(*purposes, Der::kInteger);
        const auto number = purpose ? derNumber(*purpose) : std::nullopt;
        if (!number) return std::nullopt;
        list.purposes.push_back(*number);
      }
    }
  }
  return list;
}

// Android's KeyDescription, as much as section 8.4 looks at.
struct KeyDescription {
  std::uint32_t securityLevel = 0;
  std::string_view challenge;
  AuthorizationList software;
  AuthorizationList hardware;
};

std::optional<KeyDescription> readKeyDescription(std::string_view der) {
  auto rest = Der::only(der, Der::kSequence);
  if (!rest) return std::nullopt;
  const auto version = Der::take(*rest, Der::kInteger);
  const auto level = Der::take(*rest, Der::kEnumerated);
  const auto keymaster = Der::take(*rest, Der::kInteger);
  const auto keymasterLevel = Der::take(*rest, Der::kEnumerated);
  const auto challenge = Der::take(*rest, Der::kOctetString);
  const auto uniqueId = Der::take(*rest, Der::kOctetString);
  const auto software = Der::take(*rest, Der::kSequence);
  const auto hardware = Der::take(*rest, Der::kSequence);
  const auto levelNumber = level ? derNumber(*level) : std::nullopt;
  if (!version || !levelNumber || !keymaster || !keymasterLevel || !challenge || !uniqueId || !software ||
      !hardware)
    return std::nullopt;
  auto softwareList = readAuthorizationList(*software);
  auto hardwareList = readAuthorizationList(*hardware);
  if (!softwareList || !hardwareList) return std::nullopt;
  return KeyDescription{*levelNumber, *challenge, std::move(*softwareList), std::move(*hardwareList)};
}

// Whether a list vouches for the key: made in the keystore, and made for signing. Without the wish for
// hardware, what a list does not say counts as good.
bool vouches(const AuthorizationList& list, bool mustSay) {
  constexpr std::uint32_t kGenerated = 0;
  constexpr std::uint32_t kSign = 2;
  const bool origin = list.origin ? *list.origin == kGenerated : !mustSay;
  const bool signs = std::find(list.purposes.begin(), list.purposes.end(), kSign) != list.purposes.end();
  return origin && (signs || (!mustSay && list.purposes.empty()));
}

// Section 8.4
Check checkAndroidKey(const Statement& statement) {
  constexpr const char* kKeyDescription = "1.3.6.1.4.1.11129.2.1.17";
  if (auto signature = checkAlgorithmAndSignature(statement); !signature) return signature;
  if (auto key = checkCredentialKeyIsCertified(statement); !key) return key;
  const auto extension = statement.chain.front().extension(kKeyDescription);
  const auto description = extension ? readKeyDescription(extension->value) : std::nullopt;
  if (!description) return ParseError{"the certificate has no description of the key"};
  if (description->challenge != statement.clientDataHash)
    return ParseError{"the certificate's challenge is another request's"};
  if (description->software.forAllApplications || description->hardware.forAllApplications)
    return ParseError{"the key is for all apps of the device"};
  const bool strict = statement.policy.androidHardware;
  const bool good = vouches(description->hardware, strict) &&
                    (strict ? description->securityLevel > 0 : vouches(description->software, false));
  if (!good) return ParseError{"the key was not made in hardware, or not for signing"};
  return {};
}

// Section 8.6
Check checkFidoU2f(const Statement& statement) {
  const AuthenticatorData& data = statement.authenticator;
  const std::string point = statement.credentialKey.p256Point();
  if (statement.chain.size() != 1 || statement.certificateKey.p256Point().empty() || point.empty())
    return ParseError{"the statement is not one of U2F: one certificate, both keys on P-256"};
  return checkSignature(
      statement, SignatureAlgorithm::es256,
      '\0' + std::string(data.rpIdHash) + statement.clientDataHash + std::string(data.credentialId) + point);
}

struct Format {
  std::string_view name;
  Check (*check)(const Statement&);
};

// In the order of AttestationFormat.
constexpr Format kFormats[] = {{"apple", checkApple},
                               {"apple-appattest", checkAppAttest},
                               {"packed", checkPacked},
                               {"android-key", checkAndroidKey},
                               {"fido-u2f", checkFidoU2f}};
static_assert(std::size(kFormats) == kAttestationFormats);

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Section 7.1, steps 7 to 11.
Check checkClientData(const AttestationPolicy& policy, std::string_view bytes, std::string_view challenge) {
  const auto data = Json::parse(bytes, kClientDataDepth);
  const std::string* type = data ? data->findString("type") : nullptr;
  const std::string* signedChallenge = data ? data->findString("challenge") : nullptr;
  const std::string* origin = data ? data->findString("origin") : nullptr;
  if (!type || !signedChallenge || !origin) return ParseError{"the client data cannot be read"};
  if (*type != "webauthn.create") return ParseError{"the client data is not that of a new key"};
  if (*signedChallenge != challenge)
    return ParseError{
        "the challenge is another request's: method, host, target, claim, request id or body differ"};
  if (!contains(policy.origins, *origin)) return ParseError{"the key was made on a page of another origin"};
  const Json* crossOrigin = data->find("crossOrigin");
  if (crossOrigin && crossOrigin->boolean() && *crossOrigin->boolean())
    return ParseError{"the key was made in a frame of another page"};
  return {};
}

// What stands in the header, decoded.
struct Parts {
  bool isNative;
  std::string clientData;
  std::string object;
};

Result<Parts> splitHeader(std::string_view value) {
  constexpr std::string_view kWebAuthn = "webauthn ";
  constexpr std::string_view kNative = "native ";
  const ParseError expected{
      "Mailbox-Device-Attestation must be: webauthn CLIENTDATA.OBJECT, or native .OBJECT"};
  if (value.size() > kLargestAttestation) return ParseError{"Mailbox-Device-Attestation is too long"};
  const bool isNative = value.substr(0, kNative.size()) == kNative;
  if (!isNative && value.substr(0, kWebAuthn.size()) != kWebAuthn) return expected;
  const std::string_view parts = value.substr(isNative ? kNative.size() : kWebAuthn.size());
  const std::size_t dot = parts.find('.');
  if (dot == std::string_view::npos || (dot == 0) != isNative) return expected;
  auto clientData = base64UrlDecode(parts.substr(0, dot));
  auto object = base64UrlDecode(parts.substr(dot + 1));
  if (!clientData || !object || object->empty()) return expected;
  return Parts{isNative, std::move(*clientData), std::move(*object)};
}

bool isRelyingParty(const std::vector<std::string>& names, std::string_view hash, const Sha256& sha256) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return sha256(name) == hash; });
}

void appendWithLength(std::string& out, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((text.size() >> shift) & 0xFFU);
  out += text;
}

}  // namespace

std::string_view nameOf(AttestationFormat format) {
  return kFormats[static_cast<std::size_t>(format)].name;
}

std::string attestationChallenge(const Request& request, std::string_view host, const Sha256& sha256) {
  std::string text("tigress-attestation-v1");
  text += '\0';
  appendWithLength(text, request.method);
  appendWithLength(text, host);
  appendWithLength(text, request.target);
  appendWithLength(text, request.headers.get("Mailbox-Device-Claim"));
  appendWithLength(text, request.headers.get("Mailbox-Request-ID"));
  appendWithLength(text, {});
  text += sha256(request.body);
  return base64UrlEncode(sha256(text));
}

Result<AttestationFormat> verifyAttestation(const AttestationPolicy& policy, std::string_view value,
                                            std::string_view challenge, const Sha256& sha256, TimePoint now) {
  const auto parts = splitHeader(value);
  if (!parts) return parts.error();
  if (!parts->isNative) {
    if (const auto good = checkClientData(policy, parts->clientData, challenge); !good) return good.error();
  }
  const auto object = Cbor::parse(parts->object);
  if (!object) return object.error();
  const Cbor* name = object->find("fmt");
  const Cbor* members = object->find("attStmt");
  const auto bytes = object->findBytes("authData");
  const auto text = name ? name->textString() : std::nullopt;
  if (!text || !members || !members->map() || !bytes)
    return ParseError{"the attestation object lacks fmt, attStmt or authData"};
  const auto* row = std::find_if(std::begin(kFormats), std::end(kFormats),
                                 [&](const Format& format) { return format.name == *text; });
  const auto index = static_cast<std::size_t>(row - std::begin(kFormats));
  if (row == std::end(kFormats) || policy.anchors[index].empty())
    return ParseError{"this relay does not accept attestations of this format"};
  const auto format = static_cast<AttestationFormat>(index);

  auto authenticator = readAuthenticatorData(*bytes);
  if (!authenticator) return ParseError{"the authenticator data cannot be read"};
  const bool isApp = format == AttestationFormat::appleAppAttest;
  if (isApp != parts->isNative && isApp)
    return ParseError{"App Attest has no client data: send it as native"};
  if (!isRelyingParty(isApp ? policy.appIds : policy.relyingParties, authenticator->rpIdHash, sha256))
    return ParseError{"the key is for another relay or app"};
  if (!parts->isNative && !authenticator->userPresent) return ParseError{"no user was present"};
  auto chain = readChain(*members);
  if (!chain) return chain.error();
  if (!policy.anchors[index].reach(*chain, now))
    return ParseError{"the certificates lead to no trust anchor of this relay, or their time is up"};
  auto certificateKey = chain->front().publicKey();
  auto credentialKey = PublicKey::fromCose(authenticator->coseKey);
  if (!certificateKey || !credentialKey) return ParseError{"a key is of a kind this relay does not know"};
  const Statement statement{policy,
                            sha256,
                            std::move(*authenticator),
                            *bytes,
                            sha256(parts->isNative ? challenge : std::string_view(parts->clientData)),
                            *members,
                            std::move(*chain),
                            std::move(*certificateKey),
                            std::move(*credentialKey)};
  if (const auto good = row->check(statement); !good) return good.error();
  return format;
}

}  // namespace tigress::admission
