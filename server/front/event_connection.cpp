#include "server/front/event_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/front/event_worker.h"

namespace tigress::front {
namespace {

// So many bytes of answers may wait for the client before no more of its requests are taken.
constexpr std::size_t kMostUnsent = 65536;
// So many requests, or receptions, are taken before it is the turn of other connections.
constexpr int kMostTaken = 16;

}  // namespace

EventConnection::EventConnection(EventWorker& worker, int descriptor, std::string peer)
    : worker_(worker),
      descriptor_(descriptor),
      peer_(std::move(peer)),
      tls_(worker.openTls()),
      reader_(worker.settings().limits) {}

EventConnection::~EventConnection() {
  worker_.phases().leave(*this);
}

void EventConnection::ready(std::uint32_t events) {
  if (isClosed()) return;
  constexpr std::uint32_t kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & (EPOLLIN | kEnds)) readable_ = true;
  if (events & kEnds) {
    ended_ = true;
    deserted();
  }
  guard([this] { go(); });
}

// What fails half-way, mostly for want of memory, ends the connection: its client must not wait for nothing.
template <class Act>
void EventConnection::guard(const Act& act) {
  try {
    act();
  } catch (const std::exception& error) {
    worker_.tell(error);
    close();
  }
}

// As far as it goes without waiting, and without making others wait. All answers to what came together leave
// together.
void EventConnection::go() {
  taken_ = 0;
  while (!isClosed() && flush()) {
    if (last_) {
      if (!linger_ && !readable_) return close();
      discard();
      break;
    }
    if (!mayTake() || (in_.empty() && !readable_)) break;
    if (++taken_ > kMostTaken) return goOnLater();
    if (in_.empty()) {
      receive();
    } else {
      std::string bytes;
      bytes.swap(in_);
      take(bytes);
    }
  }
  if (!isClosed()) rest();
}

// It can send, so the loop says so at once, after all others that are ready.
void EventConnection::goOnLater() {
  watchesWrites_ = true;
  worker_.loop().change(descriptor_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
  rest();
}

void EventConnection::receive() {
  auto& buffer = worker_.buffer();
  const ssize_t received = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (received < 0) {
    if (errno == EINTR) return;
    readable_ = false;
    if (errno != EAGAIN && errno != EWOULDBLOCK) close();
    return;
  }
  if (received == 0) return close();
  const auto size = static_cast<std::size_t>(received);
  // There is no more, or the loop will say so; but it says only once that the client has ended.
  if (size < buffer.size() && !ended_) readable_ = false;
  if (!tls_) return take({buffer.data(), size});
  // Bytes that make no request do not give an idle client more time, but the first of a handshake do.
  if (phase() == Phase::silent && tls_->state() == TlsSession::State::handshake) fresh_ = true;
  std::string& opened = worker_.opened();
  opened.clear();
  if (tls_->receive({buffer.data(), size}, opened, out_) == TlsSession::State::failed) {
    last_ = linger_ = true;  // an alert may be on its way
  } else {
    take(opened);
  }
}

void EventConnection::take(std::string_view bytes) {
  bytes.remove_prefix(feed(bytes));
  if (bytes.empty()) return;
  if (last_) {
    linger_ = true;
  } else {
    in_ = bytes;
  }
}

bool EventConnection::mayTake() const {
  return asked_ == Asked::nothing && !last_ && out_.size() < kMostUnsent;
}

std::size_t EventConnection::feed(std::string_view bytes) {
  using Stage = RequestReader::Stage;
  std::size_t used = 0;
  while (used < bytes.size() && mayTake() && taken_ < kMostTaken) {
    const bool inHead = reader_.stage() == Stage::head;
    used += reader_.feed(bytes.substr(used));
    switch (reader_.stage()) {
      case Stage::head:
        break;
      case Stage::body:
        if (inHead && reader_.expectsContinue()) ask(Asked::head);
        break;
      case Stage::complete:
        ask(Asked::whole);
        break;
      case Stage::failed:
        refuse(reader_.failure());
        break;
    }
  }
  return used;
}

void EventConnection::ask(Asked what) {
  ++taken_;
  head_ = reader_.request().method == "HEAD";
  if (what == Asked::whole) {
    keepAlive_ = ++served_ < worker_.settings().requestsPerConnection && reader_.keepsAlive();
  }
  Request request = what == Asked::whole ? reader_.takeRequest() : reader_.request();
  if (what == Asked::whole) reader_.reset();
  request.peer = peer_;
  asked_ = what;
  asking_ = true;
  try {
    if (what == Asked::head) {
      worker_.handler().answerToHead(std::move(request), Reply(*this));
    } else {
      worker_.handler().answer(std::move(request), Reply(*this));
    }
  } catch (...) {
    answer_.emplace(std::current_exception());  // says more than that the reply was dropped
  }
  asking_ = false;
  if (answer_) takeAnswer();
}

void EventConnection::finish(Answer answer) {
  if (!worker_.loop().isThisThread()) {
    late_.emplace(std::move(answer));
    return worker_.loop().call(*this);
  }
  if (isClosed()) return worker_.bury(*this);
  answer_.emplace(std::move(answer));
  if (asking_) return;
  guard([this] {
    takeAnswer();
    go();
  });
}

void EventConnection::called() {
  Answer answer = std::move(*late_);
  late_.reset();
  finish(std::move(answer));
}

void EventConnection::takeAnswer() {
  const Answer answer = std::move(*answer_);
  answer_.reset();
  whenGone_ = nullptr;
  const Asked asked = std::exchange(asked_, Asked::nothing);
  if (!answer) return conclude(asked, answerToFailure(answer.error(), worker_.settings().onError));
  if (!*answer) return write(kContinue);
  conclude(asked, **answer);
}

void EventConnection::conclude(Asked asked, const Response& response) {
  if (asked == Asked::head) linger_ = true;  // the body may be on its way
  const bool keepAlive = asked == Asked::whole && keepAlive_ && response.status != 500 &&
                         !worker_.isDraining() && !worker_.isFull();
  send(response, head_, keepAlive);
}

void EventConnection::refuse(const RequestReader::Failure& failure) {
  linger_ = true;
  worker_.settings().onRefused(failure.status);
  send(refusalAnswer(failure), reader_.request().method == "HEAD", false);
}

void EventConnection::send(const Response& response, bool head, bool keepAlive) {
  if (out_.empty()) out_.swap(worker_.spare());
  if (tls_) {
    std::string& unsealed = worker_.unsealed();
    unsealed.clear();
    serialize(unsealed, response, head, keepAlive, worker_.date());
    tls_->seal(unsealed, out_);
    if (!keepAlive) tls_->close(out_);
  } else {
    serialize(out_, response, head, keepAlive, worker_.date());
  }
  last_ = !keepAlive;
  fresh_ = true;
}

void EventConnection::write(std::string_view plain) {
  if (tls_) {
    tls_->seal(plain, out_);
  } else {
    out_ += plain;
  }
}

// False if something is left to send, or nobody to send it to.
bool EventConnection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t sent = ::send(descriptor_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent > 0) {
      sent_ += static_cast<std::size_t>(sent);
      if (phase() == Phase::writing) fresh_ = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!std::exchange(watchesWrites_, true)) {
        worker_.loop().change(descriptor_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
      }
      return false;
    } else if (errno != EINTR) {
      close();
      return false;
    }
  }
  if (sent_ == 0) return true;
  sent_ = 0;
  out_.clear();
  out_.swap(worker_.spare());
  out_ = std::string();
  return true;
}

// Closing at once with unread bytes would reset the connection and could take the answer with it (RFC 9112
// section 9.6): read on for a little while.
void EventConnection::discard() {
  if (phase() != Phase::lingering) ::shutdown(descriptor_, SHUT_WR);
  auto& buffer = worker_.buffer();
  while (readable_) {
    const ssize_t received = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      readable_ = false;
      return;
    }
    discarded_ += received > 0 ? static_cast<std::size_t>(received) : 0;
    if (received <= 0 || discarded_ > worker_.settings().limits.body * 4) return close();
  }
}

// A client that has begun to speak TLS is given the time of a head for it.
bool EventConnection::isShakingHands() const {
  return tls_ && tls_->state() == TlsSession::State::handshake && (phase() == Phase::head || fresh_);
}

// Where it waits now.
void EventConnection::rest() {
  Phase next = served_ > 0 ? Phase::idle : Phase::silent;
  if (!out_.empty()) {
    next = Phase::writing;
  } else if (last_) {
    next = Phase::lingering;
  } else if (asked_ != Asked::nothing) {
    next = Phase::busy;
  } else if (reader_.stage() == RequestReader::Stage::body) {
    next = Phase::body;
  } else if (reader_.started() || isShakingHands()) {
    next = Phase::head;
  } else if (worker_.isDraining()) {
    return close();
  }
  if (next != phase() || fresh_) worker_.phases().enter(*this, next, worker_.loop().now());
  fresh_ = false;
}

void EventConnection::timeOut() {
  const bool shaken = !tls_ || tls_->state() == TlsSession::State::open;
  if (shaken && (phase() == Phase::head || phase() == Phase::body)) {
    guard([this] {
      refuse({408, "the request did not arrive in time"});
      go();
    });
  } else {
    // What the client did not take must not stay with the kernel either: reset.
    const linger now{1, 0};
    if (phase() == Phase::writing) setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
}

void EventConnection::drain() {
  readable_ = true;
  guard([this] { go(); });
}

void EventConnection::giveWay() {
  drain();
  if (phase() == Phase::idle && worker_.isFull()) close();
}

void EventConnection::abort() {
  close();
}

void EventConnection::resume(std::function<void()> work) {
  worker_.loop().post(std::move(work));
}

void EventConnection::whenGone(std::function<void()> act) {
  if (ended_ || isClosed()) {
    worker_.loop().post(std::move(act));
  } else {
    whenGone_ = std::move(act);
  }
}

void EventConnection::deserted() {
  try {
    if (const auto act = std::exchange(whenGone_, nullptr)) act();
  } catch (const std::exception& error) {
    worker_.tell(error);
  }
}

void EventConnection::close() {
  if (isClosed()) return;
  worker_.phases().enter(*this, Phase::closed, worker_.loop().now());
  if (tls_ && out_.empty()) {
    tls_->close(out_);
    ::send(descriptor_, out_.data(), out_.size(), MSG_NOSIGNAL);  // if there is room for it
  }
  ::close(descriptor_);
  worker_.closed(peer_);
  in_ = out_ = std::string();
  tls_.reset();
  if (asked_ == Asked::nothing) {
    worker_.bury(*this);
  } else {
    deserted();  // and wait for the handler to let go
  }
}

}  // namespace tigress::front
