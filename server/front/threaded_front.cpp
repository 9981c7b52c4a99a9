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

constexpr int kMostQueued = 512;

Poco::Timespan toTimespan(Milliseconds time) {
  return Poco::Timespan(static_cast<Poco::Timespan::TimeDiff>(time.count()) * 1000);
}

// The connections that are open, what each is doing, and how many more wait for a thread.
class OpenConnections {
 public:
  enum class Doing { silent, idle, request, ending };  // silent: no request has come yet

  explicit OpenConnections(int most) : most_(most) {}

  // One more, which waits for a thread if all are taken: then who has been idle for the longest gives way.
  void accepted() {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++accepted_;
    while (isFull()) {
      auto longest = open_.end();
      for (auto one = open_.begin(); one != open_.end(); ++one) {
        if (one->second.doing != Doing::idle) continue;
        if (longest == open_.end() || one->second.since < longest->second.since) longest = one;
      }
      if (longest == open_.end()) return;
      end(longest->second);
      ::shutdown(longest->first, SHUT_RD);
    }
  }

  void add(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    open_[descriptor] = {};
  }

  // One that was accepted is gone, whether it was added or not.
  void remove(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    --accepted_;
    const auto found = open_.find(descriptor);
    if (found == open_.end()) return;
    if (found->second.doing == Doing::ending) --ending_;
    open_.erase(found);
    changed_.notify_all();
  }

  // False if the connection must not begin anything new.
  bool wait(int descriptor, bool silent) {
    const std::lock_guard<std::mutex> guard(mutex_);
    Open& one = open_[descriptor];
    if (!silent && isFull()) end(one);
    if (draining_ || one.doing == Doing::ending) return false;
    one = {silent ? Doing::silent : Doing::idle, std::chrono::steady_clock::now()};
    return true;
  }

  void begin(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    Open& one = open_[descriptor];
    if (one.doing != Doing::ending) one.doing = Doing::request;
  }

  // Whether the connection may have another request after the one it is answered now.
  bool mayStay(int descriptor) {
    const std::lock_guard<std::mutex> guard(mutex_);
    Open& one = open_[descriptor];
    if (isFull()) end(one);
    return !draining_ && one.doing != Doing::ending;
  }

  int count() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return static_cast<int>(open_.size());
  }

  void drain(Milliseconds grace) {
    std::unique_lock<std::mutex> guard(mutex_);
    draining_ = true;
    for (const auto& [descriptor, one] : open_) {
      if (one.doing != Doing::request) ::shutdown(descriptor, SHUT_RD);
    }
    const auto none = [this] { return open_.empty(); };
    if (changed_.wait_for(guard, grace, none)) return;
    for (const auto& [descriptor, one] : open_) ::shutdown(descriptor, SHUT_RDWR);
    changed_.wait_for(guard, Milliseconds(2000), none);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  struct Open {
    Doing doing = Doing::silent;
    SteadyTime since;
  };

  // Whether somebody waits for whom nobody makes room yet.
  bool isFull() const { return accepted_ - ending_ > most_; }

  void end(Open& one) {
    if (one.doing != Doing::ending) ++ending_;
    one.doing = Doing::ending;
  }

  std::unordered_map<int, Open> open_;
  int most_;
  int accepted_ = 0;
  int ending_ = 0;  // of those that are open
  bool draining_ = false;
};

// What the connections of one front share.
struct Shared {
  explicit Shared(const FrontSettings& from) : settings(from), open(from.connections), tls(openTls(from)) {}

  FrontSettings settings;
  OpenConnections open;
  std::unique_ptr<Tls> tls;  // or plain HTTP
  RequestHandler* handler = nullptr;
  std::unique_ptr<Poco::Net::TCPServer> server;
};

class Connection : public Poco::Net::TCPServerConnection {
 public:
  Connection(const Poco::Net::StreamSocket& socket, Shared& shared)
      : TCPServerConnection(socket),
        shared_(shared),
        descriptor_(static_cast<int>(socket.impl()->sockfd())),
        tls_(shared.tls ? shared.tls->open() : nullptr),
        reader_(shared.settings.limits) {}

  ~Connection() override { open_.remove(descriptor_); }

  void run() override {
    peer_ = socket().peerAddress().host().toString();
    if (!settings_.mayOpen(peer_)) return;
    open_.add(descriptor_);
    try {
      socket().setNoDelay(true);
      socket().setSendTimeout(toTimespan(settings_.writeTimeout));
      while (serveOne()) {
      }
      sendNotice();
    } catch (const Poco::Exception&) {
      // The peer went away or did not speak TLS: nobody is left to tell.
    } catch (const std::exception& error) {
      settings_.onError(error.what());
    }
    settings_.onClose(peer_);
  }

 private:
  // False when the connection is at its end.
  bool serveOne() {
    reader_.reset();
    if (!open_.wait(descriptor_, served_ == 0)) return false;
    if (!readHead()) return false;
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
    const bool keepAlive = ++served_ < settings_.requestsPerConnection && answer->status != 500 &&
                           reader_.keepsAlive() && open_.mayStay(descriptor_);
    send(*answer, keepAlive);
    return keepAlive;
  }

  Request request() const {
    Request request = reader_.request();
    request.peer = peer_;
    return request;
  }

  bool readHead() {
    deadline_ = std::chrono::steady_clock::now() + settings_.idleTimeout;
    while (reader_.stage() == RequestReader::Stage::head) {
      if (!buffered_.empty()) {
        feed();
      } else if (!receiveMore()) {
        return false;
      }
      if (reader_.started()) beginRequest();
    }
    if (reader_.stage() == RequestReader::Stage::failed) return refuse(reader_.failure());
    return true;
  }

  // A request that has begun is finished, even while the front drains.
  void beginRequest() {
    if (begun_) return;
    begun_ = true;
    deadline_ = std::chrono::steady_clock::now() + settings_.headerTimeout;
    open_.begin(descriptor_);
  }

  void feed() { buffered_.erase(0, reader_.feed(buffered_)); }

  // False if no more will come. A request that takes too long is answered 408.
  bool receiveMore() {
    if (buffered_.empty()) {
      const auto left =
          std::chrono::duration_cast<Milliseconds>(deadline_ - std::chrono::steady_clock::now());
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
    if (state == TlsSession::State::open && std::exchange(shakingHands_, false)) {
      deadline_ = std::chrono::steady_clock::now() + settings_.idleTimeout;
    }
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

  Shared& shared_;
  const int descriptor_;
  const FrontSettings& settings_ = shared_.settings;
  RequestHandler& handler_ = *shared_.handler;
  OpenConnections& open_ = shared_.open;
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
  explicit ConnectionFactory(Shared& shared) : shared_(shared) {}
  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override {
    try {
      return new Connection(socket, shared_);  // Poco deletes it
    } catch (...) {
      shared_.open.remove(static_cast<int>(socket.impl()->sockfd()));
      throw;
    }
  }

 private:
  Shared& shared_;
};

// Sees every connection before it waits for a thread.
class RoomMaker : public Poco::Net::TCPServerConnectionFilter {
 public:
  explicit RoomMaker(Shared& shared) : shared_(shared) {}
  bool accept(const Poco::Net::StreamSocket&) override {
    if (shared_.server->queuedConnections() >= shared_.settings.connections + kMostQueued) return false;
    shared_.open.accepted();
    return true;
  }

 private:
  Shared& shared_;
};

class ThreadedFront : public Front {
 public:
  explicit ThreadedFront(const FrontSettings& settings)
      : shared_(settings), pool_(2, settings.connections + 1), socket_(openListener(settings)) {}

  ~ThreadedFront() override { stop(Milliseconds(0)); }

  std::uint16_t port() const override { return socket_.address().port(); }
  int connections() const override { return shared_.open.count(); }

  void serve(RequestHandler& handler) override {
    const int connections = shared_.settings.connections;
    Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
    params->setMaxThreads(connections);
    params->setMaxQueued(connections + kMostQueued);  // beyond that they are closed
    params->setThreadIdleTime(Poco::Timespan(10, 0));
    shared_.handler = &handler;
    shared_.server =
        std::make_unique<Poco::Net::TCPServer>(new ConnectionFactory(shared_), pool_, socket_, params);
    shared_.server->setConnectionFilter(new RoomMaker(shared_));
    shared_.server->start();
  }

  void reloadCertificates() override {
    if (shared_.tls) shared_.tls->reload();
  }

  void stop(Milliseconds grace) override {
    if (stopped_) return;
    stopped_ = true;
    if (shared_.server) shared_.server->stop();
    socket_.close();
    shared_.open.drain(grace);
    shared_.server.reset();
    pool_.joinAll();
  }

 private:
  Shared shared_;
  Poco::ThreadPool pool_;
  Poco::Net::ServerSocket socket_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Front> openThreadedFront(const FrontSettings& settings) {
  return std::make_unique<ThreadedFront>(settings);
}

}  // namespace tigress::front
