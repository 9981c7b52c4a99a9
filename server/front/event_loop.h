#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

namespace tigress::front {

using SteadyTime = std::chrono::steady_clock::time_point;

/// One thread that serves many descriptors: waits until some are ready, work was posted, or time has come
/// (epoll(7)). All but post() and call() belongs to the thread that runs it. Throws std::system_error if the
/// machine gives no descriptor.
class EventLoop {
 public:
  /// What is done when a descriptor is ready, or another thread called. Lives at least to the end of the turn
  /// it was removed in.
  class Source {
   public:
    virtual ~Source() = default;
    /// `events` as of epoll_wait(2).
    virtual void ready(std::uint32_t events) = 0;
    /// Somebody called; on the loop's thread.
    virtual void called() {}

   private:
    friend class EventLoop;
    Source* nextCalled_ = nullptr;
    bool isCalled_ = false;
  };

  /// `onFailure` is told what a source or work threw; the loop goes on.
  explicit EventLoop(std::function<void(const std::exception&)> onFailure);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void add(int descriptor, std::uint32_t events, Source& source);
  void change(int descriptor, std::uint32_t events, Source& source);
  void remove(int descriptor);

  /// Has the loop do that soon; any thread. What many post before the loop looks wakes it once. Throws
  /// std::bad_alloc, and then the work is forgotten.
  void post(std::function<void()> work);
  /// Has source.called() called soon, once for all calls until then; any thread. Needs no memory, so it
  /// cannot fail.
  void call(Source& source) noexcept;
  bool isThisThread() const;

  /// When the present turn began.
  SteadyTime now() const { return now_; }

  /// Takes turns until `endTurn`, called at the end of each, gives nothing; else it gives the moment when
  /// the loop is to wake at the latest.
  void run(const std::function<const SteadyTime*()>& endTurn);

 private:
  bool doPosted();
  bool hasPosted();
  Source* takeCalled();
  void wake() noexcept;
  template <class Act>
  void guard(const Act& act);

  std::function<void(const std::exception&)> onFailure_;
  int epoll_;
  int wake_;  // an eventfd, never read: each write is an edge
  SteadyTime now_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  Source* firstCalled_ = nullptr;
  Source* lastCalled_ = nullptr;
};

}  // namespace tigress::front
