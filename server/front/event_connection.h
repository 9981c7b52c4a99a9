#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/front/event_loop.h"
#include "server/front/front.h"
#include "server/front/phases.h"
#include "server/front/tls.h"

namespace tigress::front {

class EventWorker;

/// One connection of an event front: bytes in, requests to the handler, answers out in their order. While a
/// request is with the handler nothing more is read. All of it happens on its worker's thread; finish() and
/// resume() find the way there. It keeps no buffer while it is idle.
class EventConnection : public Exchange, public EventLoop::Source, public Phased {
 public:
  EventConnection(EventWorker& worker, int descriptor, std::string peer);
  ~EventConnection() override;
  EventConnection(const EventConnection&) = delete;
  EventConnection& operator=(const EventConnection&) = delete;

  void ready(std::uint32_t events) override;
  void called() override;
  /// Its phase took too long.
  void timeOut();
  /// The front drains: ends what has not begun, after a last look for a request that has just come.
  void drain();
  /// Somebody waits for its place: closes if it is idle, after the same look.
  void giveWay();
  /// Closes at once, whatever goes on.
  void abort();

  void finish(Answer answer) override;
  void resume(std::function<void()> work) override;
  void whenGone(std::function<void()> act) override;

 private:
  enum class Asked { nothing, head, whole };

  template <class Act>
  void guard(const Act& act);
  bool isClosed() const { return phase() >= Phase::closed; }
  void go();
  void goOnLater();
  void receive();
  void take(std::string_view bytes);
  std::size_t feed(std::string_view bytes);
  bool mayTake() const;
  bool isShakingHands() const;
  void ask(Asked what);
  void takeAnswer();
  void conclude(Asked asked, const Response& response);
  void refuse(const RequestReader::Failure& failure);
  void send(const Response& response, bool head, bool keepAlive);
  void write(std::string_view plain);
  bool flush();
  void discard();
  void rest();
  void deserted();
  void close();

  EventWorker& worker_;
  int descriptor_;
  std::string peer_;
  std::unique_ptr<TlsSession> tls_;  // or plain HTTP
  RequestReader reader_;
  std::string in_;   // received, not yet fed: the requests that follow
  std::string out_;  // to be sent, from sent_ on
  std::size_t sent_ = 0;
  int taken_ = 0;  // in this turn
  std::size_t discarded_ = 0;
  std::uint32_t served_ = 0;
  Asked asked_ = Asked::nothing;  // what the handler has not answered yet
  std::optional<Answer> answer_;  // came while it was asked
  std::optional<Answer> late_;    // came from another thread, which calls then
  std::function<void()> whenGone_;
  bool asking_ = false;
  bool readable_ = false;  // there may be bytes to receive, as far as the loop has said
  bool ended_ = false;     // the client will send no more
  bool watchesWrites_ = false;
  bool head_ = false;       // the request in work is a HEAD
  bool keepAlive_ = false;  // and its sender wants another one
  bool last_ = false;       // the last answer is in out_
  bool fresh_ = false;      // something came to its end, so the time of the phase begins anew
  bool linger_ = false;     // there may be bytes of the client's that nobody read
};

}  // namespace tigress::front
