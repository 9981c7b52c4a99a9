#include "server/admission/x509.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace tigress::admission {
namespace {

template <class Type, void (*destroy)(Type*)>
struct Destroy {
  void operator()(Type* value) const { destroy(value); }
};
template <class Type, void (*destroy)(Type*)>
using Owned = std::unique_ptr<Type, Destroy<Type, destroy>>;

using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedKeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedNumber = Owned<BIGNUM, BN_free>;
using OwnedBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
using OwnedInput = Owned<BIO, BIO_free_all>;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

X509* x509(const std::shared_ptr<void>& certificate) {
  return static_cast<X509*>(certificate.get());
}

EVP_PKEY* pkey(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

std::string textOf(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

// A curve by its number in COSE (RFC 9053 section 7.1), and the algorithms that WebAuthn has for it (section
// 5.8.5): the one that only means this curve there, and the one that says so by itself (RFC 9864).
struct Curve {
  std::int64_t cose;
  const char* name;
  std::size_t coordinate;
  std::array<std::int64_t, 2> algorithms;
};
constexpr Curve kCurves[] = {
    {1, "P-256", 32, {-7, -9}}, {2, "P-384", 48, {-35, -51}}, {3, "P-521", 66, {-36, -52}}};
constexpr Curve kEdwardsCurves[] = {{6, "ED25519", 32, {-8, -19}}, {7, "ED448", 57, {-53, -53}}};

// The curve of a key, if its algorithm is one for it.
template <std::size_t count>
const Curve* findCurve(const Curve (&curves)[count], const Cbor& key) {
  const auto cose = key.findInteger(-1);
  const auto algorithm = key.findInteger(3);
  const Curve* end = curves + count;
  const Curve* found = std::find_if(curves, end, [&](const Curve& curve) {
    return cose == curve.cose && (algorithm == curve.algorithms[0] || algorithm == curve.algorithms[1]);
  });
  return found == end ? nullptr : found;
}

// For EC this fails unless the point is on its curve.
OwnedKey makeKey(const char* type, OSSL_PARAM_BLD* builder) {
  const OwnedParameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) return nullptr;
  return OwnedKey(key);
}

OwnedKey readEc(const Cbor& key) {
  const Curve* curve = findCurve(kCurves, key);
  const auto x = key.findBytes(-2);
  const auto y = key.findBytes(-3);
  if (!curve || !x || !y || x->size() != curve->coordinate || y->size() != curve->coordinate) return nullptr;
  const std::string point = '\x04' + std::string(*x) + std::string(*y);
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return nullptr;
  }
  return makeKey("EC", builder.get());
}

OwnedKey readEdwards(const Cbor& key) {
  const Curve* curve = findCurve(kEdwardsCurves, key);
  const auto x = key.findBytes(-2);
  if (!curve || !x || x->size() != curve->coordinate) return nullptr;
  return OwnedKey(
      EVP_PKEY_new_raw_public_key_ex(nullptr, curve->name, nullptr, bytesOf(*x), curve->coordinate));
}

OwnedKey readRsa(const Cbor& key) {
  constexpr std::size_t kLeast = 2048 / 8;
  constexpr std::size_t kMost = 4096 / 8;  // a larger one is there to keep us busy
  const auto n = key.findBytes(-1);
  const auto e = key.findBytes(-2);
  if (key.findInteger(3) != static_cast<std::int64_t>(SignatureAlgorithm::rs256)) return nullptr;
  if (!n || !e || n->size() < kLeast || n->size() > kMost || e->empty() || e->size() > 4) return nullptr;
  const OwnedNumber modulus(BN_bin2bn(bytesOf(*n), static_cast<int>(n->size()), nullptr));
  const OwnedNumber exponent(BN_bin2bn(bytesOf(*e), static_cast<int>(e->size()), nullptr));
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return makeKey("RSA", builder.get());
}

// What an algorithm wants of a key, and its digest.
struct Algorithm {
  SignatureAlgorithm cose;
  std::vector<const char*> keys;
  const char* digest;  // null: the algorithm's own
};
const Algorithm kAlgorithms[] = {
    {SignatureAlgorithm::es256, {"EC"}, "SHA256"},
    {SignatureAlgorithm::edDsa, {"ED25519", "ED448"}, nullptr},
    {SignatureAlgorithm::es384, {"EC"}, "SHA384"},
    {SignatureAlgorithm::es512, {"EC"}, "SHA512"},
    {SignatureAlgorithm::rs256, {"RSA"}, "SHA256"},
};

}  // namespace

std::optional<SignatureAlgorithm> signatureAlgorithm(std::int64_t cose) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (static_cast<std::int64_t>(algorithm.cose) == cose) return algorithm.cose;
  }
  return std::nullopt;
}

std::optional<PublicKey> PublicKey::fromCose(const Cbor& key) {
  constexpr std::int64_t kOkp = 1;
  constexpr std::int64_t kEc2 = 2;
  constexpr std::int64_t kRsa = 3;
  const auto type = key.findInteger(1);
  OwnedKey made;
  if (type == kEc2) made = readEc(key);
  if (type == kOkp) made = readEdwards(key);
  if (type == kRsa) made = readRsa(key);
  if (!made) return std::nullopt;
  return PublicKey(std::shared_ptr<void>(made.release(),
                                         [](void* value) { EVP_PKEY_free(static_cast<EVP_PKEY*>(value)); }));
}

bool PublicKey::verifies(SignatureAlgorithm algorithm, std::string_view message,
                         std::string_view signature) const {
  const auto* row = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                 [&](const Algorithm& one) { return one.cose == algorithm; });
  const bool fits = std::any_of(row->keys.begin(), row->keys.end(),
                                [&](const char* type) { return EVP_PKEY_is_a(pkey(key_), type) == 1; });
  if (!fits) return false;
  const OwnedDigestContext context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit_ex(context.get(), nullptr, row->digest, nullptr, nullptr, pkey(key_),
                                 nullptr) == 1 &&
         EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(), bytesOf(message),
                          message.size()) == 1;
}

std::string PublicKey::p256Point() const {
  constexpr std::size_t kPoint = 65;
  char group[32] = {};
  if (EVP_PKEY_get_group_name(pkey(key_), group, sizeof group, nullptr) != 1) return {};
  if (std::string_view(group) != "prime256v1") return {};
  std::string point(kPoint, '\0');
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(pkey(key_), OSSL_PKEY_PARAM_PUB_KEY,
                                      reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                      &size) != 1) {
    return {};
  }
  return size == kPoint && point.front() == '\x04' ? point : std::string();
}

bool PublicKey::isSame(const PublicKey& other) const {
  return EVP_PKEY_eq(pkey(key_), pkey(other.key_)) == 1;
}

std::optional<Certificate> Certificate::fromDer(std::string_view der) {
  const unsigned char* at = bytesOf(der);
  X509* read = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (!read) return std::nullopt;
  Certificate certificate(
      std::shared_ptr<void>(read, [](void* value) { X509_free(static_cast<X509*>(value)); }));
  if (at != bytesOf(der) + der.size()) return std::nullopt;
  return certificate;
}

int Certificate::version() const {
  return static_cast<int>(X509_get_version(x509(certificate_))) + 1;
}

bool Certificate::isAuthority() const {
  return X509_check_ca(x509(certificate_)) != 0;
}

std::optional<std::string> Certificate::subject(std::string_view part) const {
  const X509_NAME* name = X509_get_subject_name(x509(certificate_));
  const int nid = OBJ_txt2nid(std::string(part).c_str());
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0) return std::nullopt;
  return textOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::optional<Certificate::Extension> Certificate::extension(const std::string& oid) const {
  const OwnedObject object(OBJ_txt2obj(oid.c_str(), 1));
  const int at = X509_get_ext_by_OBJ(x509(certificate_), object.get(), -1);
  if (at < 0 || X509_get_ext_by_OBJ(x509(certificate_), object.get(), at) >= 0) return std::nullopt;
  X509_EXTENSION* extension = X509_get_ext(x509(certificate_), at);
  return Extension{textOf(X509_EXTENSION_get_data(extension)), X509_EXTENSION_get_critical(extension) == 1};
}

std::optional<PublicKey> Certificate::publicKey() const {
  EVP_PKEY* key = X509_get_pubkey(x509(certificate_));
  if (!key) return std::nullopt;
  return PublicKey(
      std::shared_ptr<void>(key, [](void* value) { EVP_PKEY_free(static_cast<EVP_PKEY*>(value)); }));
}

Result<TrustAnchors> TrustAnchors::fromPem(std::string_view pem) {
  TrustAnchors anchors;
  anchors.store_ = std::shared_ptr<void>(
      X509_STORE_new(), [](void* store) { X509_STORE_free(static_cast<X509_STORE*>(store)); });
  auto* store = static_cast<X509_STORE*>(anchors.store_.get());
  const OwnedInput input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)) {
    const bool added = X509_STORE_add_cert(store, certificate) == 1;
    X509_free(certificate);
    if (!added) return ParseError{"a certificate cannot be used as a trust anchor"};
    ++count;
  }
  if (count == 0) return ParseError{"expected certificates in PEM"};
  return anchors;
}

bool TrustAnchors::reach(const std::vector<Certificate>& chain, TimePoint now) const {
  constexpr int kSecurityLevel = 2;  // 112 bits: no SHA-1, no RSA below 2048
  if (!store_ || chain.empty()) return false;
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), x509(chain[i].certificate_));
  const OwnedStoreContext context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), static_cast<X509_STORE*>(store_.get()),
                                      x509(chain.front().certificate_), others.get()) != 1) {
    return false;
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  const auto time = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(time));
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  // An anchor may be a vendor's intermediate; it need not have signed itself.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace tigress::admission
