#include "tigress/claim.h"

#include "client/src/cryptography.h"
#include "client/src/secret_bytes.h"
#include "common/base64.h"

namespace tigress::client {
namespace {

std::string claimKey(const Secret& secret) {
  return hkdfSha256(SecretBytes::of(secret), "tigress/v1/claim");
}

}  // namespace

std::string claimProof(const Secret& secret) {
  return base64UrlEncode(claimKey(secret));
}

std::string claimVerifier(const Secret& secret) {
  return base64UrlEncode(sha256(claimKey(secret)));
}

}  // namespace tigress::client
