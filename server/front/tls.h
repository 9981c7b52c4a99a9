#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

struct bio_st;
struct ssl_st;
struct ssl_ctx_st;

namespace tigress::front {

/// A certificate chain and its private key, as PEM files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// One TLS connection as bytes in and bytes out; it knows no socket. One thread at a time.
class TlsSession {
 public:
  enum class State {
    handshake,  ///< nothing of the application's yet
    open,
    failed,  ///< not TLS, or not ours: send what there is to send, and close
  };

  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Takes all that came from the wire. Appends what it says to `plain`, and what the wire is to get to
  /// `wire`; tickets of TLS 1.3, which no client waits for, leave with what is said next.
  State receive(std::string_view bytes, std::string& plain, std::string& wire);
  State state() const { return state_; }
  /// Appends `plain` to `wire`, sealed. Precondition: open. Throws std::runtime_error if that fails.
  void seal(std::string_view plain, std::string& wire);
  /// Appends the notice that nothing more will come; once.
  void close(std::string& wire);

 private:
  friend class Tls;
  struct Wire {
    std::string_view in;
    std::string* out = nullptr;
    std::string tickets = {};  // sealed already, so they come before whatever else is said
  };
  explicit TlsSession(ssl_ctx_st* context);
  static int readWire(bio_st* bio, char* bytes, int size);
  static int writeWire(bio_st* bio, const char* bytes, int size);
  void speak(std::string_view in, std::string* out);
  void holdTickets(std::string& wire, std::size_t begin);

  ssl_st* ssl_;
  Wire wire_;
  State state_ = State::handshake;
};

/// The TLS of a listener: TLS 1.2 and 1.3, HTTP/1.1 by ALPN or no ALPN, resumption by tickets. The key of
/// tickets changes every `rotation`; tickets of the one before are still taken, and renewed. Any thread may
/// call.
class Tls {
 public:
  /// Certificates of different key types (ECDSA and RSA) stand side by side; a client gets one that it
  /// knows. Throws std::runtime_error that says what to do if one cannot be used.
  Tls(std::vector<CertificateFiles> certificates, std::chrono::seconds rotation);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  /// Reads the certificates again, for the sessions to come. Throws as the constructor does, and then the
  /// old ones stay.
  void reload();
  /// The other side of a connection that has just been accepted.
  std::unique_ptr<TlsSession> open();
  /// Begins a new ticket key now.
  void rotateTicketKey();

  class TicketKeys;

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, FreeContext>;
  Context makeContext() const;

  std::vector<CertificateFiles> certificates_;
  std::unique_ptr<TicketKeys> ticketKeys_;
  std::chrono::seconds rotation_;
  std::mutex mutex_;
  Context context_;
};

}  // namespace tigress::front
