#include "server/front/threaded_front.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/TCPServerParams.h>
#include <Poco/ThreadPool.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "server/front/blocking_answer.h"
#include "server/front/listener.h"

namespace tigress::front {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

Poco::Timespan toTimespan(Milliseconds time) {
  return Poco::Timespan(static_cast<Poco::Timespan::TimeDiff>(time.count()) * 1000);
}

// The connections that are open, and whether each is between two requests.
class OpenConnections {
 public:
  void add(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    idle_[descriptor] = true;
  }

  void remove(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    idle_.erase(descriptor);
    changed_.notify_all();
  }

  // False if the connection must not begin anything new.
  bool setIdle(int descriptor, bool idle) {
    const std::lock_guard<std::mutex> guard(mutex_);
    idle_[descriptor] = idle;
    return !draining_;
  }

  int count() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return static_cast<int>(idle_.size());
  }

  bool isDraining() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return draining_;
  }

  void drain(Milliseconds grace) {
    std::unique_lock<std::mutex> guard(mutex_);
    draining_ = true;
    for (const auto& [descriptor, idle] : idle_) {
      if (idle) ::shutdown(descriptor, SHUT_RD);
    }
    const auto none = [this] { return idle_.empty(); };
    if (changed_.wait_for(guard, grace, none)) return;
    for (const auto& [descriptor, idle] : idle_) ::shutdown(descriptor, SHUT_RDWR);
    changed_.wait_for(guard, Milliseconds(2000), none);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<int, bool> idle_;
  bool draining_ = false;
};

class Connection : public Poco::Net::TCPServerConnection {
 public:
  Connection(const Poco::Net::StreamSocket& socket, const FrontSettings& settings, RequestHandler& handler,
             OpenConnections& open, std::unique_ptr<TlsSession> tls)
      : TCPServerConnection(socket),
        settings_(settings),
        handler_(handler),
        open_(open),
        tls_(std::move(tls)),
        reader_(settings.limits) {}

  void run() override {
    peer_ = socket().peerAddress().host().toString();
    if (!settings_.mayOpen(peer_)) return;
    const int descriptor = static_cast<int>(socket().impl()->sockfd());
    open_.add(descriptor);
    try {
      socket().setNoDelay(true);
      socket().setSendTimeout(toTimespan(settings_.writeTimeout));
      while (serveOne(descriptor)) {
      }
      sendNotice();
    } catch (const Poco::Exception&) {
      // The peer went away or did not speak TLS: nobody is left to tell.
    } catch (const std::exception& error) {
      settings_.onError(error.what());
    }
    open_.remove(descriptor);
    settings_.onClose(peer_);
  }

 private:
  // False when the connection is at its end.
  bool serveOne(int descriptor) {
    reader_.reset();
    if (!open_.setIdle(descriptor, true)) return false;
    if (!readHead(descriptor)) return false;
    if (reader_.stage() == RequestReader::Stage::body && reader_.expectsContinue()) {
      if (const auto early = guarded([&] { return answerToHeadBlocking(handler_, request()); })) {
        send(*early, false);
        return lingerAndClose();
      }
      sendPlain(kContinue);
    }
    deadline_ = std::chrono::steady_clock::now() + settings_.bodyTimeout;
    while (reader_.stage() == RequestReader::Stage::body) {
      if (!receiveMore()) return false;
    }
    if (reader_.stage() == RequestReader::Stage::failed) return refuse(reader_.failure());
    const auto answer = guarded([&] { return std::optional<Response>(answerBlocking(handler_, request())); });
    const bool keepAlive = answer->status != 500 && reader_.keepsAlive() && !open_.isDraining() &&
                           ++served_ < settings_.requestsPerConnection;
    send(*answer, keepAlive);
    return keepAlive;
  }

  Request request() const {
    Request request = reader_.request();
    request.peer = peer_;
    return request;
  }

  bool readHead(int descriptor) {
    while (reader_.stage() == RequestReader::Stage::head) {
      if (!buffered_.empty()) {
        feed();
      } else if (!receiveMore()) {
        return false;
      }
      if (reader_.started()) beginRequest(descriptor);
    }
    if (reader_.stage() == RequestReader::Stage::failed) return refuse(reader_.failure());
    return true;
  }

  // A request that has begun is finished, even while the front drains.
  void beginRequest(int descriptor) {
    if (begun_) return;
    begun_ = true;
    deadline_ = std::chrono::steady_clock::now() + settings_.headerTimeout;
    open_.setIdle(descriptor, false);
  }

  void feed() { buffered_.erase(0, reader_.feed(buffered_)); }

  // False if no more will come. A request that takes too long is answered 408.
  bool receiveMore() {
    if (buffered_.empty()) {
      const auto left =
          begun_ || shakingHands_
              ? std::chrono::duration_cast<Milliseconds>(deadline_ - std::chrono::steady_clock::now())
              : settings_.idleTimeout;
      if (left.count() <= 0) return timeOut();
      socket().setReceiveTimeout(toTimespan(left));
      std::array<char, 16384> bytes;
      int received = 0;
      try {
        received = socket().receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
      } catch (const Poco::TimeoutException&) {
        return timeOut();
      }
      if (received <= 0) return false;
      const std::string_view arrived(bytes.data(), static_cast<std::size_t>(received));
      if (!tls_) {
        buffered_ = arrived;
      } else if (!open(arrived)) {
        return false;
      }
    }
    feed();
    return true;
  }

  // Takes bytes of TLS. False at its end.
  bool open(std::string_view bytes) {
    if (tls_->state() == TlsSession::State::handshake && !std::exchange(shakingHands_, true)) {
      deadline_ = std::chrono::steady_clock::now() + settings_.headerTimeout;
    }
    std::string wire;
    const auto state = tls_->receive(bytes, buffered_, wire);
    if (state == TlsSession::State::open) shakingHands_ = false;
    sendBytes(wire);
    return state != TlsSession::State::failed || lingerAndClose();
  }

  bool timeOut() {
    if (!begun_) return false;
    return refuse({408, "the request did not arrive in time"});
  }

  bool refuse(const RequestReader::Failure& failure) {
    settings_.onRefused(failure.status);
    send(refusalAnswer(failure), false);
    return lingerAndClose();
  }

  void send(const Response& response, bool keepAlive) {
    std::string bytes;
    serialize(bytes, response, reader_.request().method == "HEAD", keepAlive, formatHttpDate(systemNow()));
    sendPlain(bytes);
    begun_ = false;
  }

  void sendPlain(std::string_view plain) {
    if (!tls_) return sendBytes(plain);
    std::string wire;
    tls_->seal(plain, wire);
    sendBytes(wire);
  }

  // That nothing more will come, once.
  void sendNotice() {
    std::string notice;
    if (tls_) tls_->close(notice);
    sendBytes(notice);
  }

  void sendBytes(std::string_view bytes) {
    try {
      while (!bytes.empty()) {
        bytes.remove_prefix(
            static_cast<std::size_t>(socket().sendBytes(bytes.data(), static_cast<int>(bytes.size()))));
      }
    } catch (const Poco::Exception&) {
      socket().setLinger(true, 0);  // what the client does not take must not stay with the kernel either
      throw;
    }
  }

  // Closing at once with unread bytes would reset the connection and could take the answer with it
  // (RFC 9112 section 9.6): read on for a little while.
  bool lingerAndClose() {
    sendNotice();
    socket().shutdownSend();
    std::array<char, 16384> bytes;
    std::size_t most = settings_.limits.body * 4;
    const SteadyTime end = std::chrono::steady_clock::now() + Milliseconds(2000);
    socket().setReceiveTimeout(toTimespan(Milliseconds(1000)));
    while (most > 0 && std::chrono::steady_clock::now() < end) {
      const int received = socket().receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
      if (received <= 0) break;
      most -= std::min(most, static_cast<std::size_t>(received));
    }
    return false;
  }

  template <class Function>
  std::optional<Response> guarded(const Function& function) {
    try {
      return function();
    } catch (...) {
      return answerToFailure(std::current_exception(), settings_.onError);
    }
  }

  const FrontSettings& settings_;
  RequestHandler& handler_;
  OpenConnections& open_;
  std::unique_ptr<TlsSession> tls_;  // or plain HTTP
  bool shakingHands_ = false;
  RequestReader reader_;
  std::string peer_;
  std::uint32_t served_ = 0;
  std::string buffered_;  // received, not yet fed: the requests that follow
  bool begun_ = false;
  SteadyTime deadline_;
};

class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(const FrontSettings& settings, RequestHandler& handler, OpenConnections& open, Tls* tls)
      : settings_(settings), handler_(handler), open_(open), tls_(tls) {}
  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override {
    // Poco deletes it.
    return new Connection(socket, settings_, handler_, open_, tls_ ? tls_->open() : nullptr);
  }

 private:
  const FrontSettings& settings_;
  RequestHandler& handler_;
  OpenConnections& open_;
  Tls* tls_;
};

constexpr int kMostQueued = 512;

class ThreadedFront : public Front {
 public:
  explicit ThreadedFront(const FrontSettings& settings)
      : settings_(settings),
        pool_(2, settings.connections + 1),
        tls_(openTls(settings_)),
        socket_(openListener(settings_)) {}

  ~ThreadedFront() override { stop(Milliseconds(0)); }

  std::uint16_t port() const override { return socket_.address().port(); }
  int connections() const override { return open_.count(); }

  void serve(RequestHandler& handler) override {
    Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
    params->setMaxThreads(settings_.connections);
    params->setMaxQueued(settings_.connections + kMostQueued);  // beyond that they are closed
    params->setThreadIdleTime(Poco::Timespan(10, 0));
    server_ = std::make_unique<Poco::Net::TCPServer>(
        new ConnectionFactory(settings_, handler, open_, tls_.get()), pool_, socket_, params);
    server_->start();
  }

  void reloadCertificates() override {
    if (tls_) tls_->reload();
  }

  void stop(Milliseconds grace) override {
    if (stopped_) return;
    stopped_ = true;
    if (server_) server_->stop();
    socket_.close();
    open_.drain(grace);
    server_.reset();
    pool_.joinAll();
  }

 private:
  FrontSettings settings_;
  Poco::ThreadPool pool_;
  std::unique_ptr<Tls> tls_;
  Poco::Net::ServerSocket socket_;
  OpenConnections open_;
  std::unique_ptr<Poco::Net::TCPServer> server_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Front> openThreadedFront(const FrontSettings& settings) {
  return std::make_unique<ThreadedFront>(settings);
}

}  // namespace tigress::front
