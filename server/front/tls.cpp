#include "server/front/tls.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <stdexcept>

namespace tigress::front {
namespace {

constexpr std::string_view kHttp11("\x08http/1.1", 9);

[[noreturn]] void refuse(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw std::runtime_error(what + (reason ? " (" + std::string(reason) + ")" : ""));
}

long controlWire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// A client that offers protocols and not ours is refused (RFC 7301 section 3.2).
int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                   unsigned int offeredSize, void*) {
  const auto* ours = reinterpret_cast<const unsigned char*>(kHttp11.data());
  unsigned char* match = nullptr;
  const int result = SSL_select_next_proto(&match, size, ours, static_cast<unsigned int>(kHttp11.size()),
                                           offered, offeredSize);
  *chosen = match;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

/// What tickets are sealed with: the key of now, and the one before.
class Tls::TicketKeys {
 public:
  explicit TicketKeys(std::chrono::seconds rotation) : rotation_(rotation) { rotate(); }

  void rotate() {
    const std::lock_guard<std::mutex> guard(mutex_);
    rotateLocked();
  }

  /// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) wants it.
  static int use(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int sealing) {
    auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    try {  // nothing may be thrown through OpenSSL
      return sealing ? keys->seal(name, iv, cipher, mac) : keys->open(name, iv, cipher, mac);
    } catch (const std::exception&) {
      return -1;
    }
  }

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };

  void rotateLocked() {
    previous_ = current_;
    Key fresh{};
    if (RAND_bytes(fresh.name.data(), static_cast<int>(fresh.name.size())) != 1 ||
        RAND_priv_bytes(fresh.cipher.data(), static_cast<int>(fresh.cipher.size())) != 1 ||
        RAND_priv_bytes(fresh.mac.data(), static_cast<int>(fresh.mac.size())) != 1) {
      throw std::runtime_error("the machine gives no randomness for the keys of TLS tickets");
    }
    current_ = fresh;
    made_ = std::chrono::steady_clock::now();
  }

  void rotateIfDue() {
    const auto age = std::chrono::steady_clock::now() - made_;
    if (age >= rotation_) rotateLocked();
    if (age >= 2 * rotation_) previous_.reset();  // nobody came for so long
  }

  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const std::lock_guard<std::mutex> guard(mutex_);
    rotateIfDue();
    std::copy(current_->name.begin(), current_->name.end(), name);
    const bool good =
        RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current_->cipher.data(), iv) == 1;
    return good && initialize(mac, *current_) ? 1 : -1;
  }

  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const std::lock_guard<std::mutex> guard(mutex_);
    rotateIfDue();
    const auto named = [&](const std::optional<Key>& key) {
      return key && std::equal(key->name.begin(), key->name.end(), name);
    };
    const bool renew = named(previous_);
    if (!renew && !named(current_)) return 0;  // a full handshake, then
    const Key& key = renew ? *previous_ : *current_;
    if (!initialize(mac, key) ||
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1) {
      return -1;
    }
    return renew ? 2 : 1;
  }

  static bool initialize(EVP_MAC_CTX* mac, const Key& key) {
    std::array<unsigned char, 32> bytes = key.mac;
    char digest[] = "sha256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes.data(), bytes.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
  }

  std::mutex mutex_;
  std::chrono::seconds rotation_;
  std::chrono::steady_clock::time_point made_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
};

TlsSession::TlsSession(ssl_ctx_st* context) : ssl_(SSL_new(context)) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "bytes in and out");
    BIO_meth_set_read(made, readWire);
    BIO_meth_set_write(made, writeWire);
    BIO_meth_set_ctrl(made, controlWire);
    return made;
  }();
  BIO* bio = ssl_ ? BIO_new(method) : nullptr;
  if (!bio) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

int TlsSession::readWire(BIO* bio, char* bytes, int size) {
  auto& in = static_cast<Wire*>(BIO_get_data(bio))->in;
  BIO_clear_retry_flags(bio);
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = in.copy(bytes, static_cast<std::size_t>(size));
  in.remove_prefix(taken);
  return static_cast<int>(taken);
}

int TlsSession::writeWire(BIO* bio, const char* bytes, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  try {  // nothing may be thrown through OpenSSL
    if (wire.out) {
      wire.out->append(wire.tickets).append(bytes, static_cast<std::size_t>(size));
      wire.tickets = std::string();
    }
  } catch (const std::bad_alloc&) {
    return -1;
  }
  return size;
}

TlsSession::State TlsSession::receive(std::string_view bytes, std::string& plain, std::string& wire) {
  const bool shaking = state_ == State::handshake;
  const std::size_t begin = wire.size();
  speak(bytes, &wire);
  ERR_clear_error();
  std::array<char, 16384> opened;  // one record at the most
  for (;;) {
    std::size_t size = 0;
    if (SSL_read_ex(ssl_, opened.data(), opened.size(), &size) == 1) {
      plain.append(opened.data(), size);
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    // The client's notice that it ends is followed by its end.
    const bool good = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN;
    if (!good) {
      state_ = State::failed;
    } else if (SSL_is_init_finished(ssl_)) {
      state_ = State::open;
    }
    break;
  }
  ERR_clear_error();
  speak({}, nullptr);
  if (shaking && state_ == State::open && SSL_version(ssl_) == TLS1_3_VERSION) holdTickets(wire, begin);
  return state_;
}

void TlsSession::speak(std::string_view in, std::string* out) {
  wire_.in = in;
  wire_.out = out;
}

// After the client's end of the handshake a server of TLS 1.3 says nothing else (RFC 8446 section 4.6.1).
void TlsSession::holdTickets(std::string& wire, std::size_t begin) {
  wire_.tickets = wire.substr(begin);
  wire.resize(begin);
}

void TlsSession::seal(std::string_view plain, std::string& wire) {
  speak({}, &wire);
  std::size_t written = 0;
  const bool good = plain.empty() || SSL_write_ex(ssl_, plain.data(), plain.size(), &written) == 1;
  ERR_clear_error();
  speak({}, nullptr);
  if (!good) throw std::runtime_error("TLS could not seal an answer");
}

void TlsSession::close(std::string& wire) {
  if (state_ != State::open || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
  speak({}, &wire);
  SSL_shutdown(ssl_);
  ERR_clear_error();
  speak({}, nullptr);
}

void Tls::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Tls::Tls(std::vector<CertificateFiles> certificates, std::chrono::seconds rotation)
    : certificates_(std::move(certificates)),
      ticketKeys_(std::make_unique<TicketKeys>(rotation)),
      rotation_(rotation),
      context_(makeContext()) {}

Tls::~Tls() = default;

Tls::Context Tls::makeContext() const {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const raw = context.get();
  if (!raw || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(raw, "HIGH:!aNULL:!eNULL:!SHA1:!kRSA") != 1) {
    refuse("cannot set up TLS");
  }
  for (const CertificateFiles& files : certificates_) {
    if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1) {
      refuse("cannot use the certificate \"" + files.certificate + "\": it must be a PEM chain");
    }
    if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      refuse("cannot use the private key \"" + files.key + "\": it must be PEM, and its certificate's");
    }
    if (SSL_CTX_check_private_key(raw) != 1) {
      refuse("the private key \"" + files.key + "\" is not the certificate's");
    }
  }
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);  // an idle session keeps no buffer
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets hold the sessions
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_timeout(raw, static_cast<long>(rotation_.count()));
  SSL_CTX_set_alpn_select_cb(raw, chooseProtocol, nullptr);
  SSL_CTX_set_app_data(raw, ticketKeys_.get());
  SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, TicketKeys::use);
  return context;
}

void Tls::reload() {
  Context fresh = makeContext();
  const std::lock_guard<std::mutex> guard(mutex_);
  context_ = std::move(fresh);  // open sessions keep what they began with
}

std::unique_ptr<TlsSession> Tls::open() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return std::unique_ptr<TlsSession>(new TlsSession(context_.get()));
}

void Tls::rotateTicketKey() {
  ticketKeys_->rotate();
}

}  // namespace tigress::front
