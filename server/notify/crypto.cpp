#include "server/notify/crypto.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

namespace tigress::notify {
namespace {

constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;
constexpr std::size_t kTagBytes = 16;

template <auto function>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using OwnedBio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using OwnedBignum = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using OwnedCipher = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using OwnedContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using OwnedDigest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using OwnedParameters = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using OwnedBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using OwnedGroup = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using OwnedPoint = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using OwnedSignature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

void expect(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL refused an operation on a push key");
}

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytesOf(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::shared_ptr<void> share(EVP_PKEY* key) {
  return {key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); }};
}

EVP_PKEY* keyOf(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

// Never asks anybody for a password.
int noPassword(char*, int, int, void*) {
  return 0;
}

OwnedKey readPem(const std::string& pem) {
  const OwnedBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  expect(bio != nullptr);
  return OwnedKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr));
}

bool isP256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                        nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

OwnedKey makeP256(OSSL_PARAM_BLD* builder, int selection) {
  const OwnedParameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const OwnedContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  expect(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) return nullptr;
  return OwnedKey(key);
}

OwnedKey publicKeyOf(std::string_view point) {
  if (point.size() != kPointBytes || point[0] != '\x04') return nullptr;
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  expect(builder &&
         OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) ==
             1 &&
         OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                          point.size()) == 1);
  OwnedKey key = makeP256(builder.get(), EVP_PKEY_PUBLIC_KEY);
  if (!key) return nullptr;
  const OwnedContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1 ? std::move(key) : nullptr;
}

std::string signSha256(EVP_PKEY* key, std::string_view message) {
  const OwnedDigest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  expect(digest && EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestSign(digest.get(), nullptr, &size, bytesOf(message), message.size()) == 1);
  std::string signature(size, '\0');
  expect(EVP_DigestSign(digest.get(), bytesOf(signature), &size, bytesOf(message), message.size()) == 1);
  signature.resize(size);
  return signature;
}

}  // namespace

EcKey EcKey::generate() {
  EVP_PKEY* const key = EVP_EC_gen(SN_X9_62_prime256v1);
  expect(key != nullptr);
  return EcKey(share(key));
}

std::optional<EcKey> EcKey::fromPem(const std::string& pem) {
  OwnedKey key = readPem(pem);
  if (!key || !isP256(key.get())) return std::nullopt;
  return EcKey(share(key.release()));
}

std::optional<EcKey> EcKey::fromScalar(std::string_view scalar) {
  if (scalar.size() != kScalarBytes) return std::nullopt;
  const OwnedBignum number(BN_bin2bn(bytesOf(scalar), static_cast<int>(scalar.size()), nullptr));
  const OwnedGroup group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  expect(number && group);
  const OwnedPoint point(EC_POINT_new(group.get()));
  expect(point && EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  std::string encoded(kPointBytes, '\0');
  if (EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytesOf(encoded),
                         encoded.size(), nullptr) != kPointBytes) {
    return std::nullopt;
  }
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  expect(builder &&
         OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) ==
             1 &&
         OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1 &&
         OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                          encoded.size()) == 1);
  OwnedKey key = makeP256(builder.get(), EVP_PKEY_KEYPAIR);
  if (!key) return std::nullopt;
  return EcKey(share(key.release()));
}

std::string EcKey::toPem() const {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  expect(bio &&
         PEM_write_bio_PKCS8PrivateKey(bio.get(), keyOf(key_), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string EcKey::publicPoint() const {
  std::string point(kPointBytes, '\0');
  std::size_t size = 0;
  expect(EVP_PKEY_get_octet_string_param(keyOf(key_), OSSL_PKEY_PARAM_PUB_KEY, bytesOf(point), point.size(),
                                         &size) == 1 &&
         size == kPointBytes);
  return point;
}

std::optional<std::string> EcKey::agree(std::string_view point) const {
  const OwnedKey peer = publicKeyOf(point);
  if (!peer) return std::nullopt;
  const OwnedContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, keyOf(key_), nullptr));
  std::string secret(kScalarBytes, '\0');
  std::size_t size = secret.size();
  expect(context && EVP_PKEY_derive_init(context.get()) == 1 &&
         EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
         EVP_PKEY_derive(context.get(), bytesOf(secret), &size) == 1 && size == kScalarBytes);
  return secret;
}

std::string EcKey::sign(std::string_view message) const {
  const std::string der = signSha256(keyOf(key_), message);
  const unsigned char* at = bytesOf(der);
  const OwnedSignature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * kScalarBytes, '\0');
  expect(parsed && BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), bytesOf(raw), kScalarBytes) == kScalarBytes &&
         BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), bytesOf(raw) + kScalarBytes, kScalarBytes) ==
             kScalarBytes);
  return raw;
}

std::optional<RsaKey> RsaKey::fromPem(const std::string& pem) {
  OwnedKey key = readPem(pem);
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) < 2048)
    return std::nullopt;
  return RsaKey(share(key.release()));
}

std::string RsaKey::sign(std::string_view message) const {
  return signSha256(keyOf(key_), message);
}

bool isP256Point(std::string_view point) {
  return publicKeyOf(point) != nullptr;
}

std::string hmacSha256(std::string_view key, std::string_view message) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  expect(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytesOf(message), message.size(),
              bytesOf(digest), &size) != nullptr);
  return digest;
}

// One block is all that pushes need.
std::string hkdfSha256(std::string_view salt, std::string_view secret, std::string_view info,
                       std::size_t size) {
  const std::string pseudorandom = hmacSha256(salt, secret);
  return hmacSha256(pseudorandom, std::string(info) + '\x01').substr(0, size);
}

std::string sealAes128Gcm(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  const OwnedCipher cipher(EVP_CIPHER_CTX_new());
  std::string sealed(plaintext.size() + kTagBytes, '\0');
  int size = 0;
  expect(cipher && key.size() == 16 && nonce.size() == 12 &&
         EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytesOf(key), bytesOf(nonce)) == 1 &&
         EVP_EncryptUpdate(cipher.get(), bytesOf(sealed), &size, bytesOf(plaintext),
                           static_cast<int>(plaintext.size())) == 1 &&
         EVP_EncryptFinal_ex(cipher.get(), bytesOf(sealed) + size, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                             bytesOf(sealed) + plaintext.size()) == 1);
  return sealed;
}

}  // namespace tigress::notify
