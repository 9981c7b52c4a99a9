#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "tigress/http_message.h"
#include "tigress/result.h"

namespace tigress::front {

/// What became of a request: an answer; nothing, for a head that does not decide yet; or why it failed.
using Answer = Result<std::optional<Response>, std::exception_ptr>;

/// A front's end of one request that is being answered. The front serves it on one thread at a time.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The last that is heard of the request. Any thread.
  virtual void finish(Answer answer) = 0;
  /// Runs `work` soon, on the thread that serves the request and not within this call. Any thread.
  virtual void resume(std::function<void()> work) = 0;
  /// Has `act` called once if the client goes away before the answer comes; replaces the one before. Both
  /// happen on the thread that serves the request. A client that only stopped sending looks the same, so an
  /// answer is due, soon. A front that does not look at clients meanwhile never calls.
  virtual void whenGone(std::function<void()> act) = 0;
};

/// A handler's end: where its answer goes, now or later. Exactly one of send, proceed and fail is called,
/// from any thread; a reply that is dropped instead has failed. The exchange lives until then.
class Reply {
 public:
  explicit Reply(Exchange& exchange) : exchange_(&exchange) {}
  Reply(Reply&& other) noexcept : exchange_(std::exchange(other.exchange_, nullptr)) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply();

  void send(Response response) { take().finish(std::optional<Response>(std::move(response))); }
  /// To a head only: it decides nothing, read the body.
  void proceed() { take().finish(std::optional<Response>()); }
  void fail(std::exception_ptr failure) { take().finish(std::move(failure)); }
  /// What another exchange was answered.
  void finish(Answer answer) { take().finish(std::move(answer)); }

  /// Goes on with a request that had to wait: see Exchange.
  void resume(std::function<void()> work) { exchange_->resume(std::move(work)); }
  void whenGone(std::function<void()> act) { exchange_->whenGone(std::move(act)); }

 private:
  Exchange& take() { return *std::exchange(exchange_, nullptr); }

  Exchange* exchange_;
};

}  // namespace tigress::front
