#include "client/src/cryptography.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>
#include <memory>
#include <stdexcept>

namespace tigress::client {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

void demand(bool success, const char* what) {
  if (!success) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* out(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

int length(std::string_view bytes) {
  assert(bytes.size() <= 1U << 30);
  return static_cast<int>(bytes.size());
}

Cipher startAesGcm(std::string_view key, std::string_view iv, bool encrypt) {
  assert((key.size() == 16 || key.size() == 32) && iv.size() == kIvSize);
  Cipher cipher(EVP_CIPHER_CTX_new());
  demand(cipher != nullptr, "start a cipher");
  const EVP_CIPHER* kind = key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  demand(EVP_CipherInit_ex(cipher.get(), kind, nullptr, in(key), in(iv), encrypt ? 1 : 0) == 1,
         "start AES-GCM");
  return cipher;
}

std::string hmacSha256(std::string_view key, std::string_view text) {
  std::string code(32, '\0');
  demand(HMAC(EVP_sha256(), key.data(), length(key), in(text), text.size(), out(code), nullptr) != nullptr,
         "compute HMAC-SHA-256");
  return code;
}

}  // namespace

std::string aesGcmEncrypt(std::string_view key, std::string_view iv, std::string_view plaintext) {
  const Cipher cipher = startAesGcm(key, iv, true);
  std::string sealed(plaintext.size() + kTagSize, '\0');
  int written = 0;
  int rest = 0;
  demand(EVP_EncryptUpdate(cipher.get(), out(sealed), &written, in(plaintext), length(plaintext)) == 1 &&
             EVP_EncryptFinal_ex(cipher.get(), out(sealed) + written, &rest) == 1 &&
             EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                                 out(sealed) + plaintext.size()) == 1,
         "encrypt by AES-GCM");
  return sealed;
}

std::optional<std::string> aesGcmDecrypt(std::string_view key, std::string_view iv, std::string_view sealed) {
  if (sealed.size() < kTagSize) return std::nullopt;
  const Cipher cipher = startAesGcm(key, iv, false);
  const std::string_view ciphertext = sealed.substr(0, sealed.size() - kTagSize);
  std::string tag(sealed.substr(ciphertext.size()));
  std::string plaintext(ciphertext.size(), '\0');
  int written = 0;
  int rest = 0;
  demand(EVP_DecryptUpdate(cipher.get(), out(plaintext), &written, in(ciphertext), length(ciphertext)) == 1 &&
             EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, out(tag)) == 1,
         "decrypt by AES-GCM");
  if (EVP_DecryptFinal_ex(cipher.get(), out(plaintext) + written, &rest) != 1) {
    wipe(plaintext);
    return std::nullopt;
  }
  return plaintext;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  demand(EVP_Digest(bytes.data(), bytes.size(), out(digest), nullptr, EVP_sha256(), nullptr) == 1,
         "compute SHA-256");
  return digest;
}

std::string md5(std::string_view bytes) {
  std::string digest(16, '\0');
  demand(EVP_Digest(bytes.data(), bytes.size(), out(digest), nullptr, EVP_md5(), nullptr) == 1,
         "compute MD5");
  return digest;
}

std::string hkdfSha256(std::string_view key, std::string_view info) {
  std::string extracted = hmacSha256(std::string(32, '\0'), key);
  std::string expanded = hmacSha256(extracted, std::string(info) + '\1');
  wipe(extracted);
  return expanded;
}

void wipe(void* bytes, std::size_t size) {
  OPENSSL_cleanse(bytes, size);
}

void wipe(std::string& text) {
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace tigress::client
