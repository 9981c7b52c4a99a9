#include "server/front/event_worker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tigress::front {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestLinger{2000};
constexpr milliseconds kPause{100};  // until the machine is asked again for what it did not have
// Connections a worker may have more than another one before it hands on what it accepts.
constexpr int kSlack = 2;

int openReserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// The IP address of a peer.
std::string textOf(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      address.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
          : &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  if (!inet_ntop(address.ss_family, bytes, text.data(), text.size())) return {};
  return text.data();
}

struct TimedPhase {
  Phase phase;
  milliseconds longest;
};

std::array<TimedPhase, 6> timedPhases(const FrontSettings& settings) {
  return {{{Phase::silent, settings.idleTimeout},
           {Phase::idle, settings.idleTimeout},
           {Phase::head, settings.headerTimeout},
           {Phase::body, settings.bodyTimeout},
           {Phase::writing, settings.writeTimeout},
           {Phase::lingering, kLongestLinger}}};
}

}  // namespace

EventWorker::EventWorker(EventShared& shared)
    : shared_(shared), loop_([this](const std::exception& error) { tell(error); }), reserve_(openReserve()) {}

EventWorker::~EventWorker() {
  if (reserve_ >= 0) ::close(reserve_);
}

void EventWorker::run() {
  listen();
  loop_.run([this] { return endTurn(); });
}

void EventWorker::listen() {
  try {
    loop_.add(shared_.listener, EPOLLIN | EPOLLEXCLUSIVE, *this);
    listening_ = true;
  } catch (const std::exception& error) {
    listenAt_ = loop_.now() + kPause;
    tell(error);
  }
}

void EventWorker::unlisten() {
  if (std::exchange(listening_, false)) loop_.remove(shared_.listener);
}

void EventWorker::ready(std::uint32_t) {
  if (listening_) accept();
}

void EventWorker::accept() {
  if (shared_.connections.fetch_add(1) >= shared_.settings.connections) {
    --shared_.connections;
    shared_.full = true;
    unlisten();
    makeRoom();
    // Had the last one gone just before, nobody would listen any more.
    if (shared_.connections < shared_.settings.connections && shared_.full.exchange(false)) listen();
    return;
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int descriptor =
      ::accept4(shared_.listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE) refuseOne();
    --shared_.connections;
    return;
  }
  std::string peer;
  bool isServed = false;
  try {
    peer = textOf(address);
    isServed = shared_.settings.mayOpen(peer);
  } catch (const std::exception& error) {
    tell(error);
  }
  if (!isServed) {
    ::close(descriptor);
    --shared_.connections;
    return;
  }
  EventWorker& worker = leastBusy();
  if (&worker != this && worker.give(descriptor, peer)) return;
  ++connections_;
  adopt(descriptor, peer);
}

// Somebody waits to be taken: whoever has been idle for the longest gives way, here or at another worker. If
// nobody is, the next answer is the last of its connection.
void EventWorker::makeRoom() {
  letGiveWay();
  if (!shared_.full) return;
  for (const auto& worker : shared_.workers) {
    worker->mustGiveWay_ = true;
    worker->loop_.call(*worker);
  }
}

void EventWorker::letGiveWay() {
  while (shared_.full) {
    EventConnection* idle = longest(Phase::idle);
    if (!idle) return;
    idle->giveWay();
  }
}

// Any thread. False if there is no memory to hand it over.
bool EventWorker::give(int descriptor, const std::string& peer) {
  ++connections_;
  try {
    loop_.post([this, descriptor, peer] { adopt(descriptor, peer); });
    return true;
  } catch (const std::bad_alloc&) {
    --connections_;
    return false;
  }
}

// Without a descriptor left, the listener would stay ready for ever: accept with the one kept for this, and
// close. If another thread was faster and took that, look again a little later.
void EventWorker::refuseOne() {
  if (reserve_ >= 0) ::close(reserve_);
  const int descriptor = ::accept4(shared_.listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor >= 0) {
    ::close(descriptor);
  } else if (errno == EMFILE || errno == ENFILE) {
    unlisten();
    listenAt_ = loop_.now() + kPause;
  }
  reserve_ = openReserve();
  if (loop_.now() - toldNoDescriptors_ < std::chrono::seconds(1)) return;
  toldNoDescriptors_ = loop_.now();
  tell(std::runtime_error("no descriptors left for connections: raise the limit of open files (ulimit -n)"));
}

EventWorker& EventWorker::leastBusy() {
  const auto least = std::min_element(
      shared_.workers.begin(), shared_.workers.end(),
      [](const auto& a, const auto& b) { return a->connections_.load() < b->connections_.load(); });
  return connections_ <= (*least)->connections_ + kSlack ? *this : **least;
}

void EventWorker::adopt(int descriptor, const std::string& peer) {
  std::unique_ptr<EventConnection> connection;
  try {
    connection = std::make_unique<EventConnection>(*this, descriptor, peer);
    loop_.add(descriptor, EPOLLIN | EPOLLRDHUP | EPOLLET, *connection);
  } catch (const std::exception& error) {
    ::close(descriptor);
    closed(peer);
    return tell(error);
  }
  phases_.enter(*connection, Phase::silent, loop_.now());
  ++open_;
  EventConnection& adopted = *connection.release();  // from now on a phase's list holds it
  if (draining_) adopted.drain();
}

void EventWorker::closed(const std::string& peer) {
  --connections_;
  --shared_.connections;
  try {
    shared_.settings.onClose(peer);
  } catch (const std::exception& error) {
    tell(error);
  }
  if (draining_ || !shared_.full.exchange(false)) return;
  // Adding it again tells of those who waited meanwhile.
  unlisten();
  listen();
}

void EventWorker::bury(EventConnection& connection) noexcept {
  phases_.enter(connection, Phase::buried, loop_.now());
}

void EventWorker::tell(const std::exception& error) noexcept {
  try {
    shared_.settings.onError(error.what());
  } catch (const std::exception&) {  // most likely there is no memory to say that there is no memory
  }
}

void EventWorker::drain() {
  mustDrain_ = true;
  loop_.call(*this);
}

void EventWorker::abort() {
  mustAbort_ = true;
  loop_.call(*this);
}

void EventWorker::called() {
  if (mustDrain_ && !std::exchange(draining_, true)) {
    unlisten();
    for (const Phase phase : {Phase::silent, Phase::idle}) {
      while (EventConnection* connection = longest(phase)) connection->drain();
    }
    if (--shared_.accepting == 0) {  // some may have waited for the last one
      for (const auto& worker : shared_.workers) worker->loop_.call(*worker);
    }
  }
  if (mustGiveWay_.exchange(false) && !draining_) letGiveWay();
  if (!mustAbort_) return;
  for (const Phase phase : {Phase::silent, Phase::idle, Phase::head, Phase::body, Phase::writing,
                            Phase::lingering, Phase::busy}) {
    while (EventConnection* connection = longest(phase)) connection->abort();
  }
}

// The one that is in that phase for the longest time, or nothing.
EventConnection* EventWorker::longest(Phase phase) {
  return static_cast<EventConnection*>(phases_.oldest(phase));
}

// What ran out of time, and those to be let go. Gives when to look again; nothing if all is over.
const SteadyTime* EventWorker::endTurn() {
  wakeAt_ = SteadyTime::max();
  for (const auto& [phase, limit] : timedPhases(shared_.settings)) {
    EventConnection* oldest = longest(phase);
    while (oldest && Phases::since(*oldest) + limit <= loop_.now()) {
      oldest->timeOut();
      oldest = longest(phase);
    }
    if (oldest) wakeAt_ = std::min(wakeAt_, Phases::since(*oldest) + limit);
  }
  if (listenAt_ != SteadyTime() && !draining_) {
    if (listenAt_ <= loop_.now()) {
      listenAt_ = {};
      if (!listening_) listen();
    } else {
      wakeAt_ = std::min(wakeAt_, listenAt_);
    }
  }
  while (EventConnection* connection = longest(Phase::buried)) {
    delete connection;
    --open_;
  }
  // connections_ counts those on their way here, too.
  const bool mayCome = connections_ > 0 || shared_.accepting > 0;
  return draining_ && open_ == 0 && (!mayCome || mustAbort_) ? nullptr : &wakeAt_;
}

const std::string& EventWorker::date() {
  const TimePoint now = systemNow();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != dateSecond_) {
    dateSecond_ = second;
    date_ = formatHttpDate(now);
  }
  return date_;
}

}  // namespace tigress::front
