#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/sha256.h"
#include "server/admission/x509.h"
#include "tigress/http_message.h"
#include "tigress/result.h"
#include "tigress/timestamp.h"

// Device attestation: a device proves by a key that its maker vouches for that it made this very request.

namespace tigress::admission {

/// The formats of attestation statements (W3C Web Authentication Level 3 section 8; Apple App Attest).
enum class AttestationFormat {
  apple,           ///< Apple Anonymous Attestation
  appleAppAttest,  ///< `apple-appattest`
  packed,          ///< of an authenticator that has an attestation certificate; never self attestation
  androidKey,      ///< `android-key`
  fidoU2f,         ///< `fido-u2f`
};
inline constexpr std::size_t kAttestationFormats = 5;
/// As the attestation object spells it.
std::string_view nameOf(AttestationFormat format);

struct AttestationPolicy {
  /// Whose word counts, in the order of AttestationFormat. A format without anchors is not accepted.
  std::array<TrustAnchors, kAttestationFormats> anchors;
  /// Relying party ids: the host names for which browsers and platforms make keys.
  std::vector<std::string> relyingParties;
  /// Origins of the pages and apps that may ask a browser for a key.
  std::vector<std::string> origins;
  /// App Attest: `TEAMID.bundle.identifier` of the apps.
  std::vector<std::string> appIds;
  /// Whether apps in development may attest, too.
  bool appAttestDevelopment = false;
  /// android-key: whether the key must be sealed in hardware that also vouches for where it came from.
  bool androidHardware = true;
};

/// The largest Mailbox-Device-Attestation that is looked at: an App Attest statement is about 7.2 KB.
inline constexpr std::size_t kLargestAttestation = 16384;

/// What the key must have signed: base64url of SHA-256 over `tigress-attestation-v1`, a byte 0, then each
/// behind its length in four bytes, most significant first: the method, the host (the authority of the
/// relay's public origin), the target as sent, the values of Mailbox-Device-Claim and Mailbox-Request-ID as
/// sent, and an empty text; then SHA-256 of the body.
std::string attestationChallenge(const Request& request, std::string_view host, const Sha256& sha256);

/// Checks the value of Mailbox-Device-Attestation: `webauthn CLIENTDATA.OBJECT` or `native .OBJECT`, both
/// parts in base64url, against the challenge. In the native form the client data hash is SHA-256 of the
/// challenge's text. Gives the format; nothing else of it is to be kept. The error says what was wrong, for
/// the developer of the client.
Result<AttestationFormat> verifyAttestation(const AttestationPolicy& policy, std::string_view value,
                                            std::string_view challenge, const Sha256& sha256, TimePoint now);

}  // namespace tigress::admission
