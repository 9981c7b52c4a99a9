#include <Poco/Net/Context.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "server/front/threaded_front.h"
#include "tests/catch.h"
#include "tests/server/front/socket_client.h"

namespace tigress::front {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using Poco::Net::Context;

// A fresh key and a certificate that it signed itself, as two files.
class Certificate {
 public:
  Certificate() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tigress-tls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    folder_ = pattern;
    EVP_PKEY* key = EVP_EC_gen("P-256");
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

class Hello : public RequestHandler {
 public:
  void answer(Request request, Reply reply) override { reply.send({200, {}, "hello " + request.target}); }
  void answerToHead(Request, Reply reply) override { reply.proceed(); }
};

struct Serving {
  Serving() {
    Poco::Net::initializeSSL();
    FrontSettings settings;
    settings.certificateFile = certificate.certificateFile();
    settings.keyFile = certificate.keyFile();
    front = openThreadedFront(settings);
    front->serve(hello);
  }
  ~Serving() { front->stop(std::chrono::seconds(0)); }

  Poco::Net::SocketAddress address() const { return {"127.0.0.1", front->port()}; }

  Certificate certificate;
  Hello hello;
  std::unique_ptr<Front> front;
};

// A client that trusts everybody and offers these versions of TLS. Old ones need the lowest security level.
Context::Ptr clientOf(int disabled) {
  Context::Params params;
  params.verificationMode = Context::VERIFY_NONE;
  params.cipherList = "ALL:@SECLEVEL=0";
  Context::Ptr context = new Context(Context::TLS_CLIENT_USE, params);
  context->disableProtocols(disabled);
  return context;
}

constexpr int kOld = Context::PROTO_SSLV2 | Context::PROTO_SSLV3;

std::string ask(const Serving& serving, const Context::Ptr& context) {
  Poco::Net::SecureStreamSocket socket(serving.address(), context);
  socket.setReceiveTimeout(Poco::Timespan(10, 0));
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  socket.sendBytes(request.data(), static_cast<int>(request.size()));
  std::string answer;
  char bytes[1024];
  for (int received = 0; (received = socket.receiveBytes(bytes, sizeof bytes)) > 0;) {
    answer.append(bytes, static_cast<std::size_t>(received));
  }
  return answer;
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken") {
  Serving serving;
  const int below12 = kOld | Context::PROTO_TLSV1 | Context::PROTO_TLSV1_1;
  CHECK_THAT(ask(serving, clientOf(below12 | Context::PROTO_TLSV1_2)), Contains("hello /x"));
  CHECK_THAT(ask(serving, clientOf(below12 | Context::PROTO_TLSV1_3)), Contains("hello /x"));
}

TEST_CASE("TLS 1.1 and 1.0 are refused in the handshake") {
  Serving serving;
  const int above11 = kOld | Context::PROTO_TLSV1_2 | Context::PROTO_TLSV1_3;
  CHECK_THROWS_AS(ask(serving, clientOf(above11)), Poco::Net::SSLException);
  CHECK_THROWS_AS(ask(serving, clientOf(above11 | Context::PROTO_TLSV1_1)), Poco::Net::SSLException);
  CHECK_THAT(ask(serving, clientOf(kOld)), Contains("hello /x"));
}

TEST_CASE("garbage on the TLS port, plain HTTP and hellos that break off do no harm") {
  Serving serving;
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
  CHECK_THAT(ask(serving, clientOf(kOld)), Contains("hello /x"));
}

TEST_CASE("stopping closes TLS connections that are idle or have not even shaken hands") {
  Serving serving;
  Poco::Net::SecureStreamSocket idle(serving.address(), clientOf(kOld));
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
  idle.sendBytes(request.data(), static_cast<int>(request.size()));
  char bytes[1024];
  REQUIRE(idle.receiveBytes(bytes, sizeof bytes) > 0);
  SocketClient silent(serving.front->port());
  serving.front->stop(std::chrono::seconds(30));
  CHECK_THAT(silent.receiveAll(), !Contains("HTTP"));  // an alert, at most
}

TEST_CASE("a certificate or key that cannot be read is an error at start-up") {
  Poco::Net::initializeSSL();
  const Certificate certificate;
  FrontSettings settings;
  settings.certificateFile = certificate.certificateFile();
  settings.keyFile = certificate.keyFile() + ".missing";
  CHECK_THROWS(openThreadedFront(settings));
  settings.keyFile = certificate.certificateFile();  // no key in it
  CHECK_THROWS(openThreadedFront(settings));
  settings.certificateFile = certificate.keyFile();
  settings.keyFile = certificate.keyFile();
  CHECK_THROWS(openThreadedFront(settings));
  const Certificate other;
  settings.certificateFile = other.certificateFile();  // of another key
  CHECK_THROWS(openThreadedFront(settings));
}

}  // namespace tigress::front
