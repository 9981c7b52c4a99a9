#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/digest.h"

// A device maker in a test process: a certification authority, and devices that attest keys with it.

namespace tigress::admission {

/// CBOR, encoded.
namespace cbor {

inline std::string head(unsigned type, std::size_t value) {
  std::string out;
  const auto byte = [&](std::size_t bits) { out += static_cast<char>(bits & 0xFFU); };
  if (value < 24) {
    byte(type << 5 | value);
  } else if (value < 256) {
    byte(type << 5 | 24);
    byte(value);
  } else {
    byte(type << 5 | 25);
    byte(value >> 8);
    byte(value);
  }
  return out;
}
inline std::string number(int value) {
  return value < 0 ? head(1, static_cast<std::size_t>(-1 - value)) : head(0, static_cast<std::size_t>(value));
}
inline std::string bytes(const std::string& value) {
  return head(2, value.size()) + value;
}
inline std::string text(const std::string& value) {
  return head(3, value.size()) + value;
}
inline std::string array(const std::vector<std::string>& items) {
  std::string out = head(4, items.size());
  for (const std::string& item : items) out += item;
  return out;
}
inline std::string map(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out = head(5, members.size());
  for (const auto& [key, value] : members) out += key + value;
  return out;
}

}  // namespace cbor

/// DER, encoded; contents below 64 KiB.
inline std::string der(const std::string& tag, const std::string& content) {
  std::string out = tag;
  const std::size_t size = content.size();
  if (size >= 256) {
    out += '\x82';
    out += static_cast<char>(size >> 8);
  } else if (size >= 128) {
    out += '\x81';
  }
  out += static_cast<char>(size & 0xFFU);
  return out + content;
}

/// A private key on a curve.
class TestKey {
 public:
  explicit TestKey(const char* curve = "P-256") : key_(EVP_EC_gen(curve), EVP_PKEY_free) {}
  EVP_PKEY* get() const { return key_.get(); }

  std::string sign(const std::string& message) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, get());
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(message.data()), message.size());
    signature.resize(size);
    return signature;
  }
  /// Uncompressed.
  std::string point() const {
    std::string out(65, '\0');
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(get(), "pub", reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                    &size);
    return out;
  }
  /// With its algorithm, encoded.
  std::string cose(const std::string& algorithm = cbor::number(-7)) const {
    const std::string xy = point().substr(1);
    using namespace cbor;
    return map({{number(1), number(2)},
                {number(3), algorithm},
                {number(-1), number(1)},
                {number(-2), bytes(xy.substr(0, 32))},
                {number(-3), bytes(xy.substr(32))}});
  }

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

/// What a test certificate is to say.
struct TestCertificate {
  std::vector<std::pair<const char*, const char*>> subject = {
      {"C", "XX"}, {"O", "Test"}, {"OU", "Authenticator Attestation"}, {"CN", "A device"}};
  bool authority = false;
  int version = 3;
  std::vector<std::pair<const char*, std::string>> extensions = {};  ///< OID and content
};

/// Signs certificates that are valid from an hour ago for a day.
class TestAuthority {
 public:
  TestAuthority() {
    TestCertificate root;
    root.subject = {{"CN", "Root"}};
    root.authority = true;
    root_ = make(key_, root);
  }

  std::string issue(const TestKey& key, const TestCertificate& certificate) const {
    return derOf(make(key, certificate).get());
  }
  std::string rootPem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(out.get(), root_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

 private:
  std::shared_ptr<X509> make(const TestKey& key, const TestCertificate& content) const {
    const std::shared_ptr<X509> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), content.version - 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    for (const auto& [part, value] : content.subject) {
      X509_NAME_add_entry_by_txt(name, part, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(value), -1,
                                 -1, 0);
    }
    X509_set_issuer_name(certificate.get(), root_ ? X509_get_subject_name(root_.get()) : name);
    if (content.version == 3) {
      const std::unique_ptr<BASIC_CONSTRAINTS, void (*)(BASIC_CONSTRAINTS*)> basic(BASIC_CONSTRAINTS_new(),
                                                                                   BASIC_CONSTRAINTS_free);
      basic->ca = content.authority ? 0xFF : 0;
      X509_add1_ext_i2d(certificate.get(), NID_basic_constraints, basic.get(), 1, 0);
    }
    for (const auto& [oid, value] : content.extensions) {
      const std::unique_ptr<ASN1_OBJECT, void (*)(ASN1_OBJECT*)> object(OBJ_txt2obj(oid, 1),
                                                                        ASN1_OBJECT_free);
      const std::unique_ptr<ASN1_OCTET_STRING, void (*)(ASN1_OCTET_STRING*)> octets(ASN1_OCTET_STRING_new(),
                                                                                    ASN1_OCTET_STRING_free);
      ASN1_OCTET_STRING_set(octets.get(), reinterpret_cast<const unsigned char*>(value.data()),
                            static_cast<int>(value.size()));
      const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
          X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, octets.get()), X509_EXTENSION_free);
      X509_add_ext(certificate.get(), extension.get(), -1);
    }
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    return certificate;
  }

  static std::string derOf(X509* certificate) {
    std::string out(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
    auto* at = reinterpret_cast<unsigned char*>(out.data());
    i2d_X509(certificate, &at);
    return out;
  }

  TestKey key_;
  std::shared_ptr<X509> root_;
};

/// One attestation in the making: a test may spoil any part before object() puts them together.
struct TestAttestation {
  std::string clientDataHash;
  std::string rpId = "relay.example";
  TestKey credential = TestKey();
  TestKey attestation = TestKey();  ///< of packed and fido-u2f; the others certify the credential's own
  TestCertificate certificate = {};
  unsigned flags = 0x41;  ///< user present, attested
  std::string counter = std::string(4, '\0');
  std::string aaguid = std::string(16, '\x5A');
  std::string credentialId = "credential";
  std::string coseKey = {};  ///< empty: the credential's

  std::string authenticatorData() const {
    std::string data = relay::sha256(rpId);
    data += static_cast<char>(flags);
    data += counter + aaguid;
    data += static_cast<char>(credentialId.size() >> 8);
    data += static_cast<char>(credentialId.size() & 0xFFU);
    return data + credentialId + (coseKey.empty() ? credential.cose() : coseKey);
  }

  static std::string object(const std::string& format, const std::string& statement,
                            const std::string& data) {
    using namespace cbor;
    return map({{text("fmt"), text(format)}, {text("attStmt"), statement}, {text("authData"), bytes(data)}});
  }

  std::string packed(const TestAuthority& authority, int alg = -7) const {
    using namespace cbor;
    const std::string data = authenticatorData();
    return object("packed",
                  map({{text("alg"), number(alg)},
                       {text("sig"), bytes(attestation.sign(data + clientDataHash))},
                       {text("x5c"), array({bytes(authority.issue(attestation, certificate))})}}),
                  data);
  }

  std::string fidoU2f(const TestAuthority& authority) const {
    using namespace cbor;
    const std::string message =
        '\0' + relay::sha256(rpId) + clientDataHash + credentialId + credential.point();
    return object("fido-u2f",
                  map({{text("sig"), bytes(attestation.sign(message))},
                       {text("x5c"), array({bytes(authority.issue(attestation, certificate))})}}),
                  authenticatorData());
  }

  /// Also App Attest's, by its name.
  std::string apple(const TestAuthority& authority, const std::string& format = "apple") const {
    using namespace cbor;
    const std::string data = authenticatorData();
    TestCertificate leaf = certificate;
    if (leaf.extensions.empty()) {
      const std::string nonce = relay::sha256(data + clientDataHash);
      leaf.extensions = {{"1.2.840.113635.100.8.2", der("\x30", der("\xA1", der("\x04", nonce)))}};
    }
    return object(format, map({{text("x5c"), array({bytes(authority.issue(credential, leaf))})}}), data);
  }

  /// `hardware` is the content of teeEnforced.
  std::string androidKey(const TestAuthority& authority, const std::string& software,
                         const std::string& hardware, char level = 1) const {
    using namespace cbor;
    const std::string data = authenticatorData();
    TestCertificate leaf = certificate;
    const std::string enumerated = der("\x0A", std::string(1, level));
    leaf.extensions.emplace_back("1.3.6.1.4.1.11129.2.1.17",
                                 der("\x30", der("\x02", "\x04") + enumerated + der("\x02", "\x29") +
                                                 enumerated + der("\x04", clientDataHash) + der("\x04", "") +
                                                 der("\x30", software) + der("\x30", hardware)));
    return object("android-key",
                  map({{text("alg"), number(-7)},
                       {text("sig"), bytes(credential.sign(data + clientDataHash))},
                       {text("x5c"), array({bytes(authority.issue(credential, leaf))})}}),
                  data);
  }
};

}  // namespace tigress::admission
