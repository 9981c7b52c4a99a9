#include "server/front/listener.h"

namespace tigress::front {

Poco::Net::ServerSocket openListener(const FrontSettings& settings) {
  constexpr int kBacklog = 512;
  Poco::Net::ServerSocket socket;
  // Not by the constructor: it would share the port with another relay that listens there (SO_REUSEPORT).
  socket.bind(Poco::Net::SocketAddress(settings.address, settings.port), true, false);
  socket.listen(kBacklog);
  return socket;
}

std::unique_ptr<Tls> openTls(const FrontSettings& settings) {
  if (settings.certificateFile.empty()) return nullptr;
  std::vector<CertificateFiles> certificates = {{settings.certificateFile, settings.keyFile}};
  if (!settings.secondCertificateFile.empty()) {
    certificates.push_back({settings.secondCertificateFile, settings.secondKeyFile});
  }
  return std::make_unique<Tls>(std::move(certificates), settings.ticketRotation);
}

}  // namespace tigress::front
