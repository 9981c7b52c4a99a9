#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/admission/cbor.h"
#include "tigress/result.h"
#include "tigress/timestamp.h"

// Certificates, keys and signatures. x509.cpp is the one file of this room that knows OpenSSL.

namespace tigress::admission {

/// COSE algorithms (RFC 9053, RFC 8812) that attestation statements are signed with here.
enum class SignatureAlgorithm {
  es256 = -7,
  edDsa = -8,  ///< Ed25519 and Ed448
  es384 = -35,
  es512 = -36,
  rs256 = -257,
};
std::optional<SignatureAlgorithm> signatureAlgorithm(std::int64_t cose);

/// A public key; a value that shares its insides.
class PublicKey {
 public:
  /// A COSE_Key (RFC 9052 section 7) of type EC2 (P-256, P-384, P-521; uncompressed, on the curve), OKP
  /// (Ed25519, Ed448) or RSA, that names an algorithm for such a key (WebAuthn sections 5.8.5 and 6.5.1.1).
  static std::optional<PublicKey> fromCose(const Cbor& key);

  /// Whether the signature is this key's and the key is one for the algorithm.
  bool verifies(SignatureAlgorithm algorithm, std::string_view message, std::string_view signature) const;
  /// The uncompressed point of a key on P-256 (SEC 1 section 2.3.3), 65 bytes; empty for other keys.
  std::string p256Point() const;
  bool isSame(const PublicKey& other) const;

 private:
  friend class Certificate;
  explicit PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

/// An X.509 certificate (RFC 5280); a value that shares its insides.
class Certificate {
 public:
  static std::optional<Certificate> fromDer(std::string_view der);

  int version() const;  ///< 1, 2 or 3
  bool isAuthority() const;
  /// A part of the subject: `C`, `O`, `OU`, `CN`. Nothing unless it stands there once.
  std::optional<std::string> subject(std::string_view part) const;
  /// What is in the extension with that dotted OID; nothing unless it stands there once.
  struct Extension {
    std::string value;  ///< DER, the content of extnValue
    bool critical;
  };
  std::optional<Extension> extension(const std::string& oid) const;
  std::optional<PublicKey> publicKey() const;

 private:
  friend class TrustAnchors;
  explicit Certificate(std::shared_ptr<void> certificate) : certificate_(std::move(certificate)) {}
  std::shared_ptr<void> certificate_;
};

/// Certificates that are trusted by themselves. Safe for use by many threads at once.
class TrustAnchors {
 public:
  /// None: nothing is trusted.
  TrustAnchors() = default;
  /// One or more certificates in PEM.
  static Result<TrustAnchors> fromPem(std::string_view pem);

  bool empty() const { return !store_; }
  /// Whether the first certificate leads to an anchor, with the others in between, each valid at `now` and
  /// signed with 112 bits of security or more.
  bool reach(const std::vector<Certificate>& chain, TimePoint now) const;

 private:
  std::shared_ptr<void> store_;
};

}  // namespace tigress::admission
