#include "tests/client/fake_relay.h"

#include "common/base64.h"
#include "common/text.h"
#include "server/digest.h"
#include "tests/catch.h"
#include "tigress/share_document.h"

namespace tigress::client {
namespace {

constexpr auto kPath = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/share.json";
constexpr auto kCollection = "/v1/2bba630e-519b-41ec-bf63-0242ac130002/";
constexpr std::chrono::hours kLifetime{24};

std::chrono::seconds waitOf(const Request& request) {
  const std::string_view prefer = request.headers.get("Prefer");
  return std::chrono::seconds(startsWith(prefer, "wait=") ? parseUnsigned(prefer.substr(5)).value_or(0) : 0);
}

std::string trimmedQuotes(const std::string& tag) {
  return tag.empty() ? tag : tag.substr(1, tag.size() - 2);
}

Response problem(int status, const std::string& members) {
  return {status, {{"Content-Type", "application/problem+json"}}, "{" + members + "}"};
}

Response taken() {
  return problem(401, R"("type":"urn:tigress:problem:taken-by-another-device")");
}

}  // namespace

Result<Response, Failure> FakeRelay::exchange(const Request& request, std::chrono::seconds longest) {
  REQUIRE(startsWith(request.target, kOrigin));
  REQUIRE(request.target.find('#') == std::string::npos);
  REQUIRE(longest > waitOf(request));
  requests.push_back(request);
  if (whenAsked) whenAsked();
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
    if (request.body.size() > mostBytes) return {413, {}, {}};
    const auto creation = parseCreationDocument(request.body);
    if (!creation) return {422, {}, {}};
    const std::string id(request.headers.get("Mailbox-Request-ID"));
    Stored& stored = shares_[kPath];
    if (id.empty() || id != creation_) {
      stored = {creation->stored, freshTag(), {}, {}, {}, {}, {}};
      creation_ = id;
      ++created;
    }
    if (knowsClaims) {
      stored.sender = request.headers.get("Mailbox-Device-Claim");
      stored.verifier = creation->configuration.claimVerifier.value_or("");
    }
    const TimePoint expires = creation->configuration.expiration.value_or(now + kLifetime);
    return {201,
            {{"Location", std::string(kOrigin) + kPath},
             {"ETag", stored.etag},
             {"Sunset", formatHttpDate(expires)}},
            {}};
  }
  const bool collection = path == kCollection;
  if (collection && !knowsClaims) return {200, {}, "<html>files</html>"};
  const auto found = shares_.find(collection ? kPath : path);
  const std::string claim(request.headers.get("Mailbox-Device-Claim"));
  if (found == shares_.end()) {
    const auto end = ends_.find(claim);
    if (end != ends_.end()) return problem(404, "\"state\":\"" + end->second + "\"");
    return {404, {}, {}};
  }
  Stored& stored = found->second;
  if (collection) return status(request, stored);
  if (request.method == "POST") return knowsClaims ? this->claim(request, stored) : Response{405, {}, {}};
  const bool bound = stored.sender.empty() || claim == stored.sender || claim == stored.receiver;
  if (!bound && request.method != "PROPFIND") {
    return stored.receiver.empty() ? problem(401, R"("type":"about:blank")") : taken();
  }
  const std::string id(request.headers.get("Mailbox-Request-ID"));
  if (!stored.sender.empty() && request.method == "PUT") {
    if (stored.lastRequests[claim] == id) return {201, {{"ETag", stored.etag}}, {}};
  }
  const bool asksForToken = stored.sender.empty() || request.method != "DELETE";
  const bool locked =
      asksForToken && !stored.lockToken.empty() &&
      request.headers.get("If").find("(<" + stored.lockToken + ">)") == std::string_view::npos;
  if (request.method == "HEAD") return {200, {{"ETag", stored.etag}}, {}};
  if (request.method == "GET") return get(request, stored);
  if (request.method == "PUT") {
    if (locked) return {423, {}, {}};
    if (request.body.size() > mostBytes) return {413, {}, {}};
    if (request.headers.get("If-Match") != stored.etag) return {412, {}, {}};
    if (!parseShareDocument(request.body)) return {422, {}, {}};
    stored.body = request.body;
    stored.etag = freshTag();
    stored.lastRequests[claim] = id;
    Response response{204, {}, {}};
    if (tellsTagOfPut) response.headers.add("ETag", stored.etag);
    return response;
  }
  if (request.method == "DELETE") {
    if (locked) return {423, {}, {}};
    if (!stored.sender.empty()) ends_[stored.sender] = claim == stored.sender ? "cancelled" : "completed";
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

Response FakeRelay::claim(const Request& request, Stored& stored) {
  const std::string claim(request.headers.get("Mailbox-Device-Claim"));
  if (!stored.sender.empty() && claim != stored.sender && claim != stored.receiver) {
    if (!stored.receiver.empty()) return taken();
    const auto key = base64UrlDecode(request.headers.get("Mailbox-Claim-Proof"));
    if (!stored.verifier.empty() && (!key || relay::sha256(*key) != stored.verifier)) {
      return problem(401, R"("type":"urn:tigress:problem:claim-proof")");
    }
    stored.receiver = claim;
  }
  const std::string id(request.headers.get("Mailbox-Request-ID"));
  const bool repeated = stored.lastRequests[claim] == id;
  stored.lastRequests[claim] = id;
  return {repeated ? 201 : 200,
          {{"ETag", stored.etag}, {"Sunset", formatHttpDate(now + kLifetime)}},
          stored.body};
}

// What a reader that knows a tag gets in place of the whole: 404 or 304, after the wait it asked for.
std::optional<Response> FakeRelay::unlessChanged(const Request& request,
                                                 const std::function<std::string()>& tag) {
  const std::string_view known = request.headers.get("If-None-Match");
  const std::chrono::seconds wait = waitOf(request);
  const auto unchanged = [&] { return !known.empty() && known == tag(); };
  if (unchanged() && wait.count() > 0 && honoursWait) {
    if (whileWaiting) whileWaiting();
    if (shares_.empty()) return answer(request);
    if (unchanged()) now += wait;
  }
  if (!unchanged()) return std::nullopt;
  return Response{304, {{"ETag", tag()}}, {}};
}

Response FakeRelay::status(const Request& request, const Stored& stored) {
  const std::string claim(request.headers.get("Mailbox-Device-Claim"));
  const auto state = [&] {
    return stored.sender.empty() ? "open" : stored.receiver.empty() ? "waiting" : "claimed";
  };
  const auto seen = [&] {
    const bool bound = stored.sender.empty() || claim == stored.sender || claim == stored.receiver;
    return bound ? stored.etag : std::string();
  };
  const auto tag = [&] { return "\"" + std::string(state()) + trimmedQuotes(seen()) + "\""; };
  if (auto answer = unlessChanged(request, tag)) return *std::move(answer);
  Json::Object body = {{"state", state()}};
  if (!seen().empty()) body.push_back({"etag", seen()});
  return {200, {{"ETag", tag()}, {"Sunset", formatHttpDate(now + kLifetime)}}, Json(body).dump()};
}

Response FakeRelay::get(const Request& request, const Stored& stored) {
  if (auto answer = unlessChanged(request, [&] { return stored.etag; })) return *std::move(answer);
  return {200,
          {{"ETag", stored.etag},
           {"Content-Type", "application/json"},
           {"Sunset", formatHttpDate(now + kLifetime)}},
          stored.body};
}

}  // namespace tigress::client
