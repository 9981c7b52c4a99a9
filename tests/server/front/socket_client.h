#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tigress::front {

/// A connection to a port of this machine that sends and receives bytes as they are. Nothing of a correct
/// server makes it wait for long; ten seconds of silence are an error.
class SocketClient {
 public:
  SocketClient() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  explicit SocketClient(std::uint16_t port) : SocketClient() { connect(port); }
  virtual ~SocketClient() { close(); }
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }

  /// False if the other side would not have it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = transmit(bytes);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// No more will be sent.
  virtual void endSending() { ::shutdown(socket_, SHUT_WR); }

  /// Waits until the other side has reset the connection, without taking what it sent.
  void waitForEnd() {
    pollfd end{socket_, 0, 0};  // POLLERR and POLLHUP come unasked
    if (::poll(&end, 1, 10000) != 1) throw std::runtime_error("silence");
  }

  /// Everything until the other side closes.
  std::string receiveAll() {
    while (receiveMore()) {
    }
    return take(buffer_.size());
  }

  /// The bytes up to and with that text; all there are if it never comes.
  std::string receiveUntil(std::string_view text) {
    std::size_t at = buffer_.find(text);
    while (at == std::string::npos) {
      if (!receiveMore()) return take(buffer_.size());
      at = buffer_.find(text);
    }
    return take(at + text.size());
  }

  /// One answer: its head, and as many bytes as Content-Length says.
  std::string receiveAnswer() {
    std::string answer = receiveUntil("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = answer.find(kLength);
    if (at == std::string::npos) return answer;
    const std::size_t size = std::strtoul(answer.c_str() + at + kLength.size(), nullptr, 10);
    while (buffer_.size() < size) {
      if (!receiveMore()) break;
    }
    return answer + take(size);
  }

  /// Goes away without a word.
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 protected:
  int socket() const { return socket_; }
  virtual ssize_t transmit(std::string_view bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  virtual ssize_t obtain(char* bytes, std::size_t size) { return ::recv(socket_, bytes, size, 0); }

 private:
  bool receiveMore() {
    char bytes[4096];
    const ssize_t received = obtain(bytes, sizeof bytes);
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("silence");
    if (received <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(received));
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace tigress::front
