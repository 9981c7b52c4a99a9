// The floor under every HTTP server: one thread, epoll, and an answer that is ready before the request came.
// It looks at a request just enough to know where it ends. Prints the port it listens on.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kLocked =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock>"
    "<D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope><D:depth>0</D:depth>"
    "<D:owner>bench</D:owner><D:timeout>Second-60</D:timeout><D:locktoken>"
    "<D:href>urn:uuid:00000000-0000-4000-8000-000000000000</D:href></D:locktoken></D:activelock>"
    "</D:lockdiscovery></D:prop>";

std::string answer(const char* status, const char* headers, std::string_view body) {
  return std::string("HTTP/1.1 ") + status + "\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

struct Canned {
  const std::string created = answer("201 Created", "", "");
  const std::string none = "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\n";
  const std::string locked = answer(
      "200 OK",
      "Content-Type: application/xml\r\nLock-Token: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n",
      kLocked);
  std::string document;  // what was put last
};

struct Connection {
  int descriptor;
  std::size_t size;
  std::array<char, 16384> bytes;
};

std::size_t contentLength(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t at = head.find(kName);
  return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

[[noreturn]] void fail(const char* what) {
  std::cerr << "bench-floor: " << what << ": " << std::strerror(errno) << std::endl;
  std::exit(1);
}

int listenOnLoopback() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // inherited
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 512) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("listen");
  }
  std::cout << ntohs(address.sin_port) << std::endl;
  return listener;
}

// Answers what is there; false at the end of the connection.
bool serve(Connection& connection, Canned& canned) {
  for (;;) {
    const ssize_t part = recv(connection.descriptor, connection.bytes.data() + connection.size,
                              connection.bytes.size() - connection.size, 0);
    if (part < 0 && errno == EAGAIN) return true;
    if (part <= 0) return false;
    connection.size += static_cast<std::size_t>(part);
    const std::string_view request(connection.bytes.data(), connection.size);
    const std::size_t headEnd = request.find("\r\n\r\n");
    if (headEnd == std::string_view::npos) continue;
    const std::size_t end = headEnd + 4 + contentLength(request.substr(0, headEnd));
    if (request.size() < end) continue;
    const std::string* reply = &canned.created;  // MKCOL, PUT, POST
    if (request[0] == 'G') reply = &canned.document;
    if (request[0] == 'L') reply = &canned.locked;
    if (request[0] == 'D') reply = &canned.none;
    if (request[0] == 'P' && canned.document.empty())
      canned.document = answer("200 OK", "Content-Type: application/json\r\n", request.substr(headEnd + 4));
    connection.size = 0;
    if (send(connection.descriptor, reply->data(), reply->size(), MSG_NOSIGNAL) < 0) return false;
    if (request.find("\r\nConnection: close\r\n") < headEnd) return false;
    // Nobody pipelines here: what was read was all there is.
    return true;
  }
}

}  // namespace

int main() {
  const int listener = listenOnLoopback();
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) fail("epoll_ctl");
  Canned canned;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        for (int accepted; (accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          event.data.ptr = new Connection{accepted, 0, {}};
          if (epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event) != 0) fail("epoll_ctl");
        }
      } else if (!serve(*connection, canned)) {
        close(connection->descriptor);
        delete connection;
      }
    }
  }
}
