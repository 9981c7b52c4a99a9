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

/// A WebDAV server in this process that knows nothing of shares, and lacks what a test takes from it. Its
/// clock moves only when somebody waits.
class FakeDavServer final : public Transport {
 public:
  static constexpr auto kOrigin = "https://dav.example";
  static constexpr auto kFolder = "/shares/";

  struct Resource {
    std::string body;
    bool collection = false;
    int version = 0;
    std::string lockToken = {};
  };

  FakeDavServer();

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

  Environment environment();
  SharePlace place() const { return {kOrigin, kFolder}; }

  /// By path; collections with a slash at the end.
  std::map<std::string, Resource> resources;
  /// The only share's document; it must exist.
  Resource& document();
  /// How many resources lie in the folder, at any depth.
  std::size_t stored() const { return resources.size() - 2; }

  enum class Tags { strong, weak, none };
  Tags tags = Tags::strong;
  bool honoursIfMatch = true;
  bool honoursIfNoneMatch = true;
  bool hasLocks = true;
  bool holdsLocks = true;   ///< else who has no token may write, too
  bool showsTokens = true;  ///< in DAV:lockdiscovery
  bool knowsMkcol = true;
  bool takesFiles = true;
  std::string ifPrefix;  ///< what a list in `If` must begin with, else 412

  /// How many of the next requests of a method are carried out with their answer lost.
  std::map<std::string, int> loseAnswers;
  /// Answers to give in place of what the next requests would get.
  std::deque<Response> answers;
  /// Runs before a request of that method.
  std::map<std::string, std::function<void()>> before;
  /// Runs when somebody waits.
  std::function<void()> whileWaiting;

  std::vector<Request> requests;
  std::vector<std::string> methods() const;
  TimePoint now{std::chrono::milliseconds(1'790'000'000'000)};

 private:
  Response answer(const Request& request);
  Response put(const Request& request, const std::string& path);
  Response lock(const std::string& path);
  Response propfind(const Request& request, const std::string& path) const;
  bool bars(const Request& request, const Resource& resource) const;
  std::string tagOf(const Resource& resource) const;

  int versions_ = 0;
  int locks_ = 0;
  unsigned random_ = 1;
};

}  // namespace tigress::client
