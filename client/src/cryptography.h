#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The primitives libtigress stands on. cryptography.cpp is the only file of the client that knows OpenSSL.
// A primitive that fails for another reason than its input throws std::runtime_error.

namespace tigress::client {

inline constexpr std::size_t kIvSize = 12;
inline constexpr std::size_t kTagSize = 16;

/// Ciphertext || tag of AES-GCM (NIST SP 800-38D) without associated data. The key has 16 or 32 bytes, the
/// IV kIvSize. One IV must never serve two messages under one key.
std::string aesGcmEncrypt(std::string_view key, std::string_view iv, std::string_view plaintext);

/// The plaintext, or nothing if key, IV, ciphertext and tag do not belong together.
std::optional<std::string> aesGcmDecrypt(std::string_view key, std::string_view iv, std::string_view sealed);

/// 32 bytes (FIPS 180-4).
std::string sha256(std::string_view bytes);

/// 16 bytes (RFC 1321), for HTTP Digest only: it is no protection.
std::string md5(std::string_view bytes);

/// 32 bytes of HKDF-SHA-256 (RFC 5869) without salt: another key from `key` for the purpose `info`.
std::string hkdfSha256(std::string_view key, std::string_view info);

/// Overwrites memory in a way no compiler leaves out.
void wipe(void* bytes, std::size_t size);
void wipe(std::string& text);

}  // namespace tigress::client
