#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tigress/environment.h"
#include "tigress/share_url.h"
#include "tigress/transport.h"

namespace tigress::client {

/// A relay in this process, as honest or as malicious as a test wants it. It speaks as much of the
/// WebDAV dialect as libtigress uses, and its clock moves only when somebody waits.
class FakeRelay final : public Transport {
 public:
  struct Stored {
    std::string body;
    std::string etag;
    std::string lockToken;
    std::string sender;    ///< its Mailbox-Device-Claim; empty: an open share
    std::string receiver;  ///< empty until a device has claimed the share
    std::string verifier;
    std::map<std::string, std::string> lastRequests;  ///< by claim
  };

  static constexpr auto kOrigin = "https://relay.example";
  SharePlace place() const { return {kOrigin}; }

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

  /// What a device on this relay runs in: random bytes that repeat from run to run, the relay's clock.
  Environment environment();

  /// The only share there is; it must exist.
  Stored& share();
  bool empty() const { return shares_.empty(); }
  /// Stores bytes as if a device had.
  void store(std::string body);

  /// Answers to give in place of what the next requests would get; the requests are not carried out.
  std::deque<Response> answers;
  /// How many of the next requests are carried out with their answer lost, and how many do not arrive.
  int loseAnswers = 0;
  int unreachable = 0;
  /// Runs when somebody waits for a change: the other device's chance to act.
  std::function<void()> whileWaiting;
  /// Runs before each request.
  std::function<void()> whenAsked;
  bool honoursWait = true;
  bool knowsClaims = true;  ///< else a plain WebDAV server that also takes POST to its factory
  bool tellsTagOfPut = true;
  std::size_t mostBytes = 64 * 1024;  ///< of a document

  std::vector<Request> requests;
  int created = 0;  ///< how many shares were made
  std::vector<std::chrono::milliseconds> pauses;
  TimePoint now{std::chrono::milliseconds(1'790'000'000'000)};

 private:
  Response answer(const Request& request);
  Response claim(const Request& request, Stored& stored);
  Response get(const Request& request, const Stored& stored);
  Response status(const Request& request, const Stored& stored);
  std::optional<Response> unlessChanged(const Request& request, const std::function<std::string()>& tag);
  std::string freshTag();

  std::map<std::string, Stored> shares_;
  std::map<std::string, std::string> ends_;  // what only a sender learns, by its claim
  std::string creation_;                     // id of the request that made the share
  int tags_ = 0;
  unsigned random_ = 1;
};

}  // namespace tigress::client
