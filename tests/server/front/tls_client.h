#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/catch.h"
#include "tests/server/front/socket_client.h"

namespace tigress::front {

/// A fresh key and a certificate that it signed itself, as two files.
class Certificate {
 public:
  enum class Type { ecdsa, rsa };
  explicit Certificate(Type type = Type::ecdsa) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tigress-tls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    folder_ = pattern;
    EVP_PKEY* key = type == Type::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    std::FILE* file = std::fopen(certificateFile().c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(keyFile().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string certificateFile() const { return folder_ / "certificate.pem"; }
  std::string keyFile() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

/// What a TLS client offers.
struct TlsOffer {
  int least = TLS1_2_VERSION;
  int most = TLS1_3_VERSION;
  std::string protocols = {};   ///< of ALPN, each behind its length; empty: no ALPN
  std::string signatures = {};  ///< such as "RSA-PSS+SHA256"; empty: all
  SSL_SESSION* session = nullptr;
};

/// A SocketClient that speaks TLS and trusts everybody.
class TlsClient : public SocketClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsOffer& offer = {}) : SocketClient(port) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free);
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context.get(), offer.least);
    SSL_CTX_set_max_proto_version(context.get(), offer.most);
    if (!offer.signatures.empty())
      REQUIRE(SSL_CTX_set1_sigalgs_list(context.get(), offer.signatures.c_str()) == 1);
    ssl_ = SSL_new(context.get());
    if (!offer.protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(offer.protocols.data()),
                          static_cast<unsigned>(offer.protocols.size()));
    }
    if (offer.session) SSL_set_session(ssl_, offer.session);
    SSL_set_fd(ssl_, socket());
    shaken_ = connected() && SSL_connect(ssl_) == 1;
    ERR_clear_error();
  }
  ~TlsClient() override { SSL_free(ssl_); }

  bool shaken() const { return shaken_; }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  /// The session as the last ticket says it; to be freed.
  SSL_SESSION* session() const { return SSL_get1_session(ssl_); }
  int keyType() const {
    const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(ssl_), X509_free);
    return certificate ? EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.get())) : 0;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }

  /// Bytes that are not sealed. False once the other side has said anything, or nothing more can be said.
  bool sendRaw(std::string_view bytes) {
    pollfd said{socket(), POLLIN, 0};
    constexpr int kMilliseconds = 50;
    return SocketClient::transmit(bytes) > 0 && ::poll(&said, 1, kMilliseconds) == 0;
  }

  void endSending() override {
    SSL_shutdown(ssl_);
    SocketClient::endSending();
  }

 protected:
  ssize_t transmit(std::string_view bytes) override {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }
  ssize_t obtain(char* bytes, std::size_t size) override {
    errno = 0;
    const int received = SSL_read(ssl_, bytes, static_cast<int>(size));
    ERR_clear_error();
    return received;
  }

 private:
  SSL* ssl_ = nullptr;
  bool shaken_ = false;
};

}  // namespace tigress::front
