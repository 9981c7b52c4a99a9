#pragma once

#include <string>

#include "tigress/api.h"
#include "tigress/secret.h"

// Exactly one receiver, and only one who holds the link: the sender gives the relay a verifier, and the
// first reader proves that it could work it out. Neither tells the relay anything about the Secret.

namespace tigress::client {

/// `Mailbox-Claim-Proof`: base64url of the claim key, which is HKDF-SHA-256 of the Secret without salt, for
/// `tigress/v1/claim`, 32 bytes. For the relay of the share alone.
TIGRESS_API std::string claimProof(const Secret& secret);

/// `claimVerifier` of a creation: base64url of SHA-256 over the claim key.
TIGRESS_API std::string claimVerifier(const Secret& secret);

}  // namespace tigress::client
