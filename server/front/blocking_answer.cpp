#include "server/front/blocking_answer.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace tigress::front {
namespace {

// One request whose thread waits for its answer, and meanwhile does what the request is resumed with.
class BlockingExchange : public Exchange {
 public:
  void finish(Answer answer) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    answer_ = std::move(answer);
    wake_.notify_one();  // under the lock: the waiting thread ends this object
  }

  void resume(std::function<void()> work) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    work_.push_back(std::move(work));
    wake_.notify_one();
  }

  void whenGone(std::function<void()>) override {}  // nobody looks at the socket while its thread waits

  std::optional<Response> wait() {
    std::unique_lock<std::mutex> guard(mutex_);
    for (;;) {
      wake_.wait(guard, [this] { return answer_ || !work_.empty(); });
      if (work_.empty()) break;
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      guard.unlock();
      work();
      guard.lock();
    }
    if (!*answer_) std::rethrow_exception(answer_->error());
    return **std::move(answer_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  std::optional<Answer> answer_;
};

}  // namespace

Response answerBlocking(RequestHandler& handler, Request request) {
  BlockingExchange exchange;
  handler.answer(std::move(request), Reply(exchange));
  return *exchange.wait();
}

std::optional<Response> answerToHeadBlocking(RequestHandler& handler, Request head) {
  BlockingExchange exchange;
  handler.answerToHead(std::move(head), Reply(exchange));
  return exchange.wait();
}

}  // namespace tigress::front
