#include "server/front/event_front.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "server/front/event_worker.h"
#include "server/front/listener.h"

namespace tigress::front {
namespace {

using Milliseconds = std::chrono::milliseconds;

// Connections are descriptors: as many as the machine's administrator allows.
void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class EventFront : public Front {
 public:
  explicit EventFront(const FrontSettings& settings) : socket_(openListener(settings)) {
    raiseDescriptorLimit();
    shared_.settings = settings;
    shared_.tls = openTls(settings);
    shared_.listener = static_cast<int>(socket_.impl()->sockfd());
    socket_.setBlocking(false);
    socket_.impl()->setNoDelay(true);  // what is accepted inherits it
    const int loops =
        settings.loops > 0 ? settings.loops : static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 0; i < std::max(loops, 1); ++i) {
      shared_.workers.push_back(std::make_unique<EventWorker>(shared_));
    }
  }

  ~EventFront() override { stop(Milliseconds(0)); }

  std::uint16_t port() const override { return port_; }
  int connections() const override { return shared_.connections; }

  void serve(RequestHandler& handler) override {
    shared_.handler = &handler;
    shared_.accepting = shared_.workers.size();
    for (const auto& worker : shared_.workers) {
      running_.push_back(std::async(std::launch::async, [&worker] { worker->run(); }));
    }
  }

  void reloadCertificates() override {
    if (shared_.tls) shared_.tls->reload();
  }

  void stop(Milliseconds grace) override {
    if (std::exchange(stopped_, true)) return;
    // Whoever connects from now on is told so, though the descriptor stays until no loop uses it.
    ::shutdown(shared_.listener, SHUT_RDWR);
    for (const auto& worker : shared_.workers) worker->drain();
    const auto end = std::chrono::steady_clock::now() + grace;
    for (const auto& running : running_) running.wait_until(end);
    for (const auto& worker : shared_.workers) worker->abort();
    for (auto& running : running_) {
      try {
        running.get();
      } catch (const std::exception& error) {
        shared_.settings.onError(error.what());
      }
    }
    socket_.close();
  }

 private:
  Poco::Net::ServerSocket socket_;
  std::uint16_t port_ = socket_.address().port();
  EventShared shared_;
  std::vector<std::future<void>> running_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Front> openEventFront(const FrontSettings& settings) {
  return std::make_unique<EventFront>(settings);
}

}  // namespace tigress::front
