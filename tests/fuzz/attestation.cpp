#include "server/admission/attestation.h"

#include <fstream>
#include <sstream>

#include "common/base64.h"
#include "common/text.h"
#include "server/admission/der.h"
#include "server/digest.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"
#include "tigress/json.h"

namespace tigress::fuzz {
namespace {

std::string fromHex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(hexValue(text[i]) * 16 + hexValue(text[i + 1]));
  }
  return bytes;
}

// The attestation packed-es256 of the WebAuthn specification, and who trusts it.
struct Known {
  Known() {
    std::ifstream file(TIGRESS_SOURCE_DIR "/tests/vectors/webauthn.json", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    const auto vectors = Json::parse(text.str());
    promise(static_cast<bool>(vectors), "the vectors are there");
    const std::string pem = "-----BEGIN CERTIFICATE-----\n" +
                            base64Encode(fromHex(*vectors->findString("ca"))) +
                            "\n-----END CERTIFICATE-----\n";
    const auto anchors = admission::TrustAnchors::fromPem(pem);
    promise(static_cast<bool>(anchors), "the vectors' root can be read");
    policy.anchors.fill(*anchors);
    policy.relyingParties = {*vectors->findString("rpId")};
    policy.origins = {*vectors->findString("origin")};
    for (const Json& one : *vectors->find("registrations")->array()) {
      if (*one.findString("id") != "packed-es256") continue;
      challenge = base64UrlEncode(fromHex(*one.findString("challenge")));
      clientData = base64UrlEncode(fromHex(*one.findString("clientDataJSON")));
      object = fromHex(*one.findString("attestationObject"));
    }
  }
  admission::AttestationPolicy policy;
  std::string challenge;
  std::string clientData;
  std::string object;
};

void walkDer(std::string_view bytes, int depth) {
  while (const auto element = admission::Der::take(bytes)) {
    admission::derNumber(element->content);
    if (depth > 0) walkDer(element->content, depth - 1);
  }
}

void readCertificate(std::string_view bytes) {
  const auto certificate = admission::Certificate::fromDer(bytes);
  if (!certificate) return;
  certificate->version();
  certificate->isAuthority();
  certificate->subject("OU");
  if (const auto extension = certificate->extension("1.3.6.1.4.1.11129.2.1.17")) walkDer(extension->value, 4);
  if (const auto key = certificate->publicKey()) key->p256Point();
}

}  // namespace

void attestation(std::string_view bytes) {
  static const Known known;
  const TimePoint now(std::chrono::hours(24 * 365 * 56));
  walkDer(bytes, 4);
  readCertificate(bytes);
  const auto verdict = admission::verifyAttestation(
      known.policy, "webauthn " + known.clientData + "." + base64UrlEncode(bytes), known.challenge,
      relay::sha256, now);
  promise(!verdict || bytes == known.object, "an attestation is accepted as it was made, or not at all");
  std::string_view rest = bytes;
  while (const auto item = admission::Cbor::take(rest)) admission::PublicKey::fromCose(*item);
}

}  // namespace tigress::fuzz
