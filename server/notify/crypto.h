#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tigress/result.h"

// Keys, signatures and ciphers of pushes. crypto.cpp is the one file of this room that knows OpenSSL.

namespace tigress::notify {

/// An EC key pair on P-256; a value that shares its insides. Any thread may use it.
class EcKey {
 public:
  /// A fresh one, of the operating system's randomness.
  static EcKey generate();
  /// PKCS #8 or SEC 1 in PEM, as Apple's .p8 files are.
  static std::optional<EcKey> fromPem(const std::string& pem);
  /// The private scalar, 32 bytes, big-endian (for published vectors).
  static std::optional<EcKey> fromScalar(std::string_view scalar);

  /// PKCS #8 in PEM.
  std::string toPem() const;
  /// The uncompressed public point (SEC 1 section 2.3.3), 65 bytes.
  std::string publicPoint() const;
  /// ECDH with an uncompressed point: the shared x coordinate, 32 bytes. Nothing if that is no point of the
  /// curve.
  std::optional<std::string> agree(std::string_view point) const;
  /// ECDSA over SHA-256 (ES256): r and s, 64 bytes (RFC 7518 section 3.4).
  std::string sign(std::string_view message) const;

 private:
  explicit EcKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

/// An RSA key pair of 2048 bits or more.
class RsaKey {
 public:
  static std::optional<RsaKey> fromPem(const std::string& pem);
  /// RSASSA-PKCS1-v1_5 over SHA-256 (RS256).
  std::string sign(std::string_view message) const;

 private:
  explicit RsaKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

/// Whether 65 bytes are an uncompressed point on P-256.
bool isP256Point(std::string_view point);

/// HMAC-SHA-256, 32 bytes.
std::string hmacSha256(std::string_view key, std::string_view message);

/// HKDF-SHA-256 (RFC 5869), `size` of at most 32 bytes.
std::string hkdfSha256(std::string_view salt, std::string_view secret, std::string_view info,
                       std::size_t size);

/// AES-128-GCM without associated data: ciphertext, then the tag of 16 bytes.
std::string sealAes128Gcm(std::string_view key, std::string_view nonce, std::string_view plaintext);

}  // namespace tigress::notify
