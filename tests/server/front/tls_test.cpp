#include "server/front/tls.h"

#include "server/front/open_front.h"
#include "tests/catch.h"
#include "tests/server/front/tls_client.h"

namespace tigress::front {
namespace {

using Catch::Contains;

class Hello : public RequestHandler {
 public:
  void answer(Request request, Reply reply) override { reply.send({200, {}, "hello " + request.target}); }
  void answerToHead(Request, Reply reply) override { reply.proceed(); }
};

FrontSettings settingsOf(FrontKind kind, const Certificate& certificate) {
  FrontSettings settings;
  settings.kind = kind;
  settings.loops = 1;
  settings.certificateFile = certificate.certificateFile();
  settings.keyFile = certificate.keyFile();
  return settings;
}

struct Events {
  static constexpr FrontKind kKind = FrontKind::events;
};
struct Threads {
  static constexpr FrontKind kKind = FrontKind::threads;
};

template <class Kind>
struct Serving {
  explicit Serving(std::chrono::milliseconds idle = std::chrono::seconds(60)) {
    FrontSettings settings = settingsOf(Kind::kKind, certificate);
    settings.idleTimeout = idle;
    settings.secondCertificateFile = second.certificateFile();
    settings.secondKeyFile = second.keyFile();
    front = openFront(settings);
    front->serve(hello);
  }
  ~Serving() { front->stop(std::chrono::seconds(0)); }

  Certificate certificate;
  Certificate second{Certificate::Type::rsa};
  Hello hello;
  std::unique_ptr<Front> front;
};

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

template <class Kind>
std::string ask(const Serving<Kind>& serving, const TlsOffer& offer = {}) {
  TlsClient client(serving.front->port(), offer);
  if (!client.shaken()) return "refused";
  client.send(kGet);
  return client.receiveAll();
}

}  // namespace

TEMPLATE_TEST_CASE("TLS 1.2 and 1.3 are spoken, older versions are refused in the handshake", "", Events,
                   Threads) {
  Serving<TestType> serving;
  CHECK_THAT(ask(serving, {TLS1_3_VERSION, TLS1_3_VERSION}), Contains("hello /x"));
  CHECK_THAT(ask(serving, {TLS1_2_VERSION, TLS1_2_VERSION}), Contains("hello /x"));
  CHECK(ask(serving, {TLS1_1_VERSION, TLS1_1_VERSION}) == "refused");
  CHECK(ask(serving, {TLS1_VERSION, TLS1_VERSION}) == "refused");
  CHECK_THAT(ask(serving, {TLS1_VERSION, TLS1_3_VERSION}), Contains("hello /x"));
}

TEMPLATE_TEST_CASE("garbage on the TLS port, plain HTTP and hellos that break off do no harm", "", Events,
                   Threads) {
  Serving<TestType> serving;
  const std::string halfHello("\x16\x03\x01\x02\x00\x01\x00\x01", 8);
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), std::string(5000, '\xA5'), std::string("\0", 1),
        halfHello, std::string()}) {
    SocketClient client(serving.front->port());
    REQUIRE(client.connected());
    client.send(bytes);
    client.endSending();
    CHECK_THAT(client.receiveAll(), !Contains("HTTP/1.1 200"));
  }
  CHECK_THAT(ask(serving), Contains("hello /x"));
}

TEMPLATE_TEST_CASE("a record that comes byte by byte gives an idle connection no more time", "", Events,
                   Threads) {
  constexpr int kBytes = 200;  // at one byte in 50 ms, many times the time there is
  Serving<TestType> serving(std::chrono::milliseconds(500));
  TlsClient client(serving.front->port());
  REQUIRE(client.shaken());
  const std::string record = std::string("\x17\x03\x03\x40\x00", 5) + std::string(kBytes, 'x');
  int sent = 0;
  while (sent < kBytes && client.sendRaw(record.substr(static_cast<std::size_t>(sent), 1))) ++sent;
  CHECK(sent > 2);
  CHECK(sent < kBytes);
}

TEMPLATE_TEST_CASE("stopping closes TLS connections that are idle or have not even shaken hands", "", Events,
                   Threads) {
  Serving<TestType> serving;
  TlsClient idle(serving.front->port());
  REQUIRE(idle.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  REQUIRE_THAT(idle.receiveAnswer(), Contains("hello /x"));
  SocketClient silent(serving.front->port());
  serving.front->stop(std::chrono::seconds(30));
  CHECK(idle.receiveAll().empty());
  CHECK(silent.receiveAll().empty());
}

TEMPLATE_TEST_CASE("a client gets the certificate whose signatures it knows", "", Events, Threads) {
  Serving<TestType> serving;
  TlsOffer rsa;
  rsa.signatures = "RSA-PSS+SHA256";
  TlsOffer ecdsa;
  ecdsa.signatures = "ECDSA+SHA256";
  CHECK(TlsClient(serving.front->port(), rsa).keyType() == EVP_PKEY_RSA);
  CHECK(TlsClient(serving.front->port(), ecdsa).keyType() == EVP_PKEY_EC);
  CHECK(TlsClient(serving.front->port()).keyType() == EVP_PKEY_EC);
}

TEMPLATE_TEST_CASE("ALPN chooses http/1.1 and refuses who does not offer it", "", Events, Threads) {
  Serving<TestType> serving;
  TlsOffer both;
  both.protocols = "\x02h2\x08http/1.1";
  TlsOffer other;
  other.protocols = "\x02h2";
  CHECK(TlsClient(serving.front->port(), both).protocol() == "http/1.1");
  CHECK_FALSE(TlsClient(serving.front->port(), other).shaken());
}

TEMPLATE_TEST_CASE("a session is resumed by its ticket", "", Events, Threads) {
  Serving<TestType> serving;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(serving.front->port(), {version, version});
    first.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE_THAT(first.receiveAnswer(), Contains("hello /x"));
    CHECK_FALSE(first.resumed());
    const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(first.session(), SSL_SESSION_free);
    TlsOffer again{version, version};
    again.session = session.get();
    TlsClient second(serving.front->port(), again);
    CHECK(second.resumed());
    second.send(kGet);
    CHECK_THAT(second.receiveAll(), Contains("hello /x"));
  }
}

TEST_CASE("tickets of TLS 1.3 travel with what is said first, not by themselves") {
  const Certificate certificate;
  Tls tls({{certificate.certificateFile(), certificate.keyFile()}}, std::chrono::hours(1));
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  const std::unique_ptr<SSL, void (*)(SSL*)> client(SSL_new(context.get()), SSL_free);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), in, out);
  SSL_set_connect_state(client.get());
  const auto server = tls.open();
  std::string wire;
  while (server->state() == TlsSession::State::handshake) {
    SSL_do_handshake(client.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string plain;
    wire.clear();
    server->receive({bytes, static_cast<std::size_t>(size)}, plain, wire);
    BIO_reset(out);
    BIO_write(in, wire.data(), static_cast<int>(wire.size()));
  }
  CHECK(wire.empty());
  const bool answers = GENERATE(true, false);
  if (answers) server->seal("hello", wire);
  server->close(wire);
  BIO_write(in, wire.data(), static_cast<int>(wire.size()));
  std::array<char, 100> received{};
  const int size = SSL_read(client.get(), received.data(), static_cast<int>(received.size()));
  CHECK(std::string_view(received.data(), size > 0 ? static_cast<std::size_t>(size) : 0) ==
        (answers ? "hello" : ""));
  if (!answers) CHECK(SSL_get_error(client.get(), size) == SSL_ERROR_ZERO_RETURN);
  CHECK(SSL_SESSION_is_resumable(SSL_get_session(client.get())) == 1);
}

TEST_CASE("a ticket outlives one change of its key, not two") {
  const Certificate certificate;
  Tls tls({{certificate.certificateFile(), certificate.keyFile()}}, std::chrono::hours(1));
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  // Both sides in this thread, over memory. Gives the client's session, and whether it was resumed.
  const auto shakeHands = [&](SSL_SESSION* session) {
    const std::unique_ptr<SSL, void (*)(SSL*)> client(SSL_new(context.get()), SSL_free);
    if (session) SSL_set_session(client.get(), session);
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set_bio(client.get(), in, out);
    SSL_set_connect_state(client.get());
    const auto server = tls.open();
    for (int flight = 0; flight < 4; ++flight) {
      SSL_do_handshake(client.get());
      char* bytes = nullptr;
      const long size = BIO_get_mem_data(out, &bytes);
      std::string plain;
      std::string wire;
      server->receive({bytes, static_cast<std::size_t>(size)}, plain, wire);
      BIO_reset(out);
      BIO_write(in, wire.data(), static_cast<int>(wire.size()));
    }
    REQUIRE(server->state() == TlsSession::State::open);
    SSL_shutdown(client.get());  // or its session would count as broken
    return std::make_pair(SSL_get1_session(client.get()), SSL_session_reused(client.get()) == 1);
  };
  const auto [session, resumedAtFirst] = shakeHands(nullptr);
  CHECK_FALSE(resumedAtFirst);
  tls.rotateTicketKey();
  const auto [renewed, resumed] = shakeHands(session);
  CHECK(resumed);
  tls.rotateTicketKey();
  const auto [other, resumedOld] = shakeHands(session);
  CHECK_FALSE(resumedOld);
  const auto [last, resumedRenewed] = shakeHands(renewed);
  CHECK(resumedRenewed);
  for (SSL_SESSION* one : {session, renewed, other, last}) SSL_SESSION_free(one);
}

TEMPLATE_TEST_CASE("certificates are read again, and a broken one keeps the old", "", Events, Threads) {
  Serving<TestType> serving;
  TlsClient before(serving.front->port());
  const Certificate fresh(Certificate::Type::rsa);
  const auto copy = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  };
  copy(fresh.certificateFile(), serving.certificate.certificateFile());
  CHECK_THROWS_WITH(serving.front->reloadCertificates(), Contains("private key"));
  CHECK(TlsClient(serving.front->port()).keyType() == EVP_PKEY_EC);
  copy(fresh.keyFile(), serving.certificate.keyFile());
  serving.front->reloadCertificates();
  CHECK(TlsClient(serving.front->port()).keyType() == EVP_PKEY_RSA);
  before.send(kGet);
  CHECK_THAT(before.receiveAll(), Contains("hello /x"));
}

TEMPLATE_TEST_CASE("a certificate or key that cannot be read is an error at start-up", "", Events, Threads) {
  const Certificate certificate;
  FrontSettings settings = settingsOf(TestType::kKind, certificate);
  settings.keyFile = certificate.keyFile() + ".missing";
  CHECK_THROWS(openFront(settings));
  settings.keyFile = certificate.certificateFile();  // no key in it
  CHECK_THROWS(openFront(settings));
  settings.certificateFile = certificate.keyFile();
  settings.keyFile = certificate.keyFile();
  CHECK_THROWS(openFront(settings));
  const Certificate other;
  settings.certificateFile = other.certificateFile();  // of another key
  CHECK_THROWS(openFront(settings));
}

}  // namespace tigress::front
