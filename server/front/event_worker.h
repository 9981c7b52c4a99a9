#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "server/front/event_connection.h"
#include "server/front/event_loop.h"
#include "server/front/front.h"
#include "server/front/phases.h"
#include "server/front/tls.h"

namespace tigress::front {

class EventWorker;

/// What the workers of one front share.
struct EventShared {
  FrontSettings settings;
  int listener = -1;
  std::unique_ptr<Tls> tls;  // or plain HTTP
  RequestHandler* handler = nullptr;
  std::vector<std::unique_ptr<EventWorker>> workers;
  std::atomic<int> connections{0};        // of all workers
  std::atomic<bool> full{false};          // some worker stopped listening for want of room
  std::atomic<std::size_t> accepting{0};  // workers that may still hand over what they accept
};

/// One loop of an event front with its connections. It takes connections from the listener they all share;
/// one that has more than others hands them on.
class EventWorker : private EventLoop::Source {
 public:
  explicit EventWorker(EventShared& shared);
  ~EventWorker() override;

  /// Serves until drain() and the end of the last connection.
  void run();
  /// Any thread. From now on nothing new begins.
  void drain();
  /// Any thread. Closes all connections.
  void abort();
  /// Tells of a failure of our own; if that fails, too, nobody hears of it.
  void tell(const std::exception& error) noexcept;

  // What connections need; on the loop's thread.
  EventLoop& loop() { return loop_; }
  Phases& phases() { return phases_; }
  const FrontSettings& settings() const { return shared_.settings; }
  RequestHandler& handler() { return *shared_.handler; }
  bool isDraining() const { return draining_; }
  /// Whether somebody waits until a connection ends.
  bool isFull() const { return shared_.full; }
  std::array<char, 65536>& buffer() { return buffer_; }
  /// A string for bytes to be sent, with room from earlier use; given back when they are.
  std::string& spare() { return spare_; }
  /// Strings for what TLS opened, and for what it is to seal.
  std::string& opened() { return opened_; }
  std::string& unsealed() { return unsealed_; }
  std::unique_ptr<TlsSession> openTls() { return shared_.tls ? shared_.tls->open() : nullptr; }
  /// The present time as Date says it.
  const std::string& date();
  /// The socket of the connection from there is closed.
  void closed(const std::string& peer);
  /// Ends the connection at the end of this turn: events for it may still be on the way.
  void bury(EventConnection& connection) noexcept;

 private:
  void ready(std::uint32_t events) override;
  void called() override;
  void listen();
  void unlisten();
  void accept();
  void refuseOne();
  void makeRoom();
  void letGiveWay();
  bool give(int descriptor, const std::string& peer);
  void adopt(int descriptor, const std::string& peer);
  EventWorker& leastBusy();
  const SteadyTime* endTurn();
  EventConnection* longest(Phase phase);

  EventShared& shared_;
  EventLoop loop_;
  Phases phases_;
  std::array<char, 65536> buffer_;
  std::string spare_;
  std::string opened_;
  std::string unsealed_;
  std::string date_;
  std::int64_t dateSecond_ = -1;
  std::atomic<int> connections_{0};
  SteadyTime toldNoDescriptors_;
  SteadyTime listenAt_;  // if set: when to listen again
  int reserve_;          // a descriptor to accept and close with when there are no more
  bool listening_ = false;
  std::atomic<bool> mustDrain_{false};
  std::atomic<bool> mustAbort_{false};
  std::atomic<bool> mustGiveWay_{false};
  bool draining_ = false;
  std::size_t open_ = 0;  // connections that are not let go yet
  SteadyTime wakeAt_;
};

}  // namespace tigress::front
