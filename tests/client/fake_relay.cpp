#include "tests/client/fake_relay.h"

#include "common/share_document.h"
#include "common/text.h"
#include "tests/catch.h"

namespace tigress::client {
namespace {

constexpr auto kPath = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";
constexpr std::chrono::hours kLifetime{24};

std::chrono::seconds waitOf(const Request& request) {
  const std::string_view prefer = request.headers.get("Prefer");
  return std::chrono::seconds(startsWith(prefer, "wait=") ? parseUnsigned(prefer.substr(5)).value_or(0) : 0);
}

}  // namespace

Result<Response, Failure> FakeRelay::exchange(const Request& request, std::chrono::seconds longest) {
  REQUIRE(startsWith(request.target, kOrigin));
  REQUIRE(request.target.find('#') == std::string::npos);
  REQUIRE(longest > waitOf(request));
  requests.push_back(request);
  if (unreachable > 0) {
    --unreachable;
    return Failure{FailureCode::unreachable, "no network"};
  }
  if (!answers.empty()) {
    Response response = answers.front();
    answers.pop_front();
    return response;
  }
  Response response = answer(request);
  if (loseAnswers > 0) {
    --loseAnswers;
    return Failure{FailureCode::answerLost, "the answer got lost"};
  }
  return response;
}

Environment FakeRelay::environment() {
  Environment environment{*this};
  environment.random = [this](void* out, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      random_ = random_ * 1103515245U + 12345U;
      static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(random_ >> 16);
    }
  };
  environment.now = [this] { return now; };
  environment.sleep = [this](std::chrono::milliseconds time) {
    pauses.push_back(time);
    now += time;
    if (whileWaiting) whileWaiting();
  };
  return environment;
}

FakeRelay::Stored& FakeRelay::share() {
  REQUIRE(shares_.size() == 1);
  return shares_.begin()->second;
}

void FakeRelay::store(std::string body) {
  share().body = std::move(body);
  share().etag = freshTag();
}

std::string FakeRelay::freshTag() {
  return "\"" + std::to_string(++tags_) + "\"";
}

Response FakeRelay::answer(const Request& request) {
  const std::string path = request.target.substr(std::string(kOrigin).size());
  if (request.method == "POST" && path == "/v1/") {
    const auto creation = parseCreationDocument(request.body);
    if (!creation) return {422, {}, {}};
    Stored& stored = shares_[kPath];
    stored = {creation->stored, freshTag(), {}};
    const TimePoint expires = creation->configuration.expiration.value_or(now + kLifetime);
    return {201,
            {{"Location", std::string(kOrigin) + kPath},
             {"ETag", stored.etag},
             {"Sunset", formatHttpDate(expires)}},
            {}};
  }
  const auto found = shares_.find(path);
  if (found == shares_.end()) return {404, {}, {}};
  Stored& stored = found->second;
  const bool locked =
      !stored.lockToken.empty() &&
      request.headers.get("If").find("(<" + stored.lockToken + ">)") == std::string_view::npos;
  if (request.method == "GET") return get(request, stored);
  if (request.method == "PUT") {
    if (locked) return {423, {}, {}};
    if (request.headers.get("If-Match") != stored.etag) return {412, {}, {}};
    if (!parseShareDocument(request.body)) return {422, {}, {}};
    stored.body = request.body;
    stored.etag = freshTag();
    Response response{204, {}, {}};
    if (tellsTagOfPut) response.headers.add("ETag", stored.etag);
    return response;
  }
  if (request.method == "DELETE") {
    if (locked) return {423, {}, {}};
    shares_.erase(found);
    return {204, {}, {}};
  }
  if (request.method == "LOCK") {
    if (!stored.lockToken.empty()) return {423, {}, {}};
    stored.lockToken = "urn:uuid:7f3e0c5e-0000-4000-8000-000000000001";
    return {200, {{"Lock-Token", "<" + stored.lockToken + ">"}}, {}};
  }
  if (request.method == "PROPFIND") {
    const std::string lock = stored.lockToken.empty()
                                 ? std::string()
                                 : "<D:activelock><D:locktoken><D:href>" + stored.lockToken +
                                       "</D:href></D:locktoken></D:activelock>";
    return {207,
            {},
            "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>" + path +
                "</D:href><D:propstat><D:prop><D:lockdiscovery>" + lock +
                "</D:lockdiscovery></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
                "</D:multistatus>"};
  }
  return {405, {}, {}};
}

Response FakeRelay::get(const Request& request, const Stored& stored) {
  const std::string_view known = request.headers.get("If-None-Match");
  const std::chrono::seconds wait = waitOf(request);
  const auto unchanged = [&] { return !known.empty() && known == stored.etag; };
  if (unchanged() && wait.count() > 0 && honoursWait) {
    if (whileWaiting) whileWaiting();
    if (shares_.empty()) return {404, {}, {}};
    if (unchanged()) now += wait;
  }
  if (unchanged()) return {304, {{"ETag", stored.etag}}, {}};
  return {200,
          {{"ETag", stored.etag},
           {"Content-Type", "application/json"},
           {"Sunset", formatHttpDate(now + kLifetime)}},
          stored.body};
}

}  // namespace tigress::client
