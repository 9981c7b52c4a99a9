#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "common/base64.h"
#include "common/text.h"
#include "server/notify/transport.h"
#include "tests/catch.h"
#include "tigress/json.h"

namespace tigress::notify {

/// Takes requests and answers them as it is told to, in the next wait().
class FakeHttpClient : public HttpClient {
 public:
  using Answer = std::function<std::optional<Response>(const OutboundRequest&)>;

  explicit FakeHttpClient(Answer answer =
                              [](const OutboundRequest&) {
                                return Response{200, {}, {}};
                              })
      : answer_(std::move(answer)) {}

  void send(OutboundRequest request, OutboundDone done) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    sent_.push_back(request);
    open_.emplace_back(std::move(request), std::move(done));
    changed_.notify_all();
  }
  void wait(std::chrono::milliseconds longest) override {
    std::deque<std::pair<OutboundRequest, OutboundDone>> open;
    {
      std::unique_lock<std::mutex> guard(mutex_);
      if (open_.empty()) changed_.wait_for(guard, longest, [this] { return woken_; });
      woken_ = false;
      open.swap(open_);
    }
    for (auto& [request, done] : open) done(answer_(request));
  }
  void wake() override {
    const std::lock_guard<std::mutex> guard(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  /// All requests so far, once there are that many.
  std::vector<OutboundRequest> sent(std::size_t least = 0) {
    std::unique_lock<std::mutex> guard(mutex_);
    REQUIRE(changed_.wait_for(guard, std::chrono::minutes(1), [&] { return sent_.size() >= least; }));
    return sent_;
  }

 private:
  Answer answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<OutboundRequest> sent_;
  std::deque<std::pair<OutboundRequest, OutboundDone>> open_;
  bool woken_ = false;
};

/// The delivery of one push by that transport and client.
inline Delivery deliver(PushTransport& transport, HttpClient& http, const Push& push) {
  std::optional<Delivery> result;
  transport.send(push, http, [&](Delivery delivery) { result = std::move(delivery); });
  for (int turn = 0; turn < 8 && !result; ++turn) http.wait(std::chrono::milliseconds(0));
  REQUIRE(result);
  return *result;
}

inline const TimePoint kNow = *parseRfc3339("2026-11-21T12:00:00Z");

inline Push pushTo(std::string token) {
  return {std::move(token), "", "msg_1", "collapse", kNow, kNow + std::chrono::hours(1)};
}

/// A part of a compact JSON Web Token.
inline Json partOf(std::string_view token, std::size_t part) {
  const auto json = Json::parse(*base64UrlDecode(split(token, '.').at(part)));
  REQUIRE(json);
  return *json;
}

}  // namespace tigress::notify
