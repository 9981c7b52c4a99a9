#include "tigress/remote_share.h"

#include <algorithm>

#include "common/dav_xml.h"
#include "common/text.h"
#include "tigress/envelope.h"
#include "tigress/json.h"

namespace tigress::client {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLockOwner = "tigress";
constexpr const char* kDeviceClaim = "Mailbox-Device-Claim";
constexpr const char* kRequestId = "Mailbox-Request-ID";
constexpr const char* kClaimProof = "Mailbox-Claim-Proof";
constexpr ShareState kStates[] = {ShareState::waiting, ShareState::claimed, ShareState::completed,
                                  ShareState::cancelled, ShareState::expired};
// What an answer may need beyond the time the relay was asked to wait.
constexpr std::chrono::seconds kAnswerTime{30};

std::optional<TimePoint> sunsetOf(const Response& answer) {
  return parseHttpDate(answer.headers.get("Sunset"));
}

Failure misbehaves(std::string_view how) {
  return {FailureCode::relayFailed, "this is no relay, or a broken one: " + std::string(how)};
}

// A token goes back into a header: what could end the header or the token is none.
bool isLockToken(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(),
                                       [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>'; });
}

std::optional<ShareState> stateNamed(std::string_view name) {
  const auto* state = std::find_if(std::begin(kStates), std::end(kStates),
                                   [&](ShareState one) { return nameOf(one) == name; });
  return state == std::end(kStates) ? std::nullopt : std::optional(*state);
}

// A member of a problem document.
std::string problemMember(const Response& answer, std::string_view name) {
  if (!startsWith(answer.headers.get("Content-Type"), "application/problem+json")) return {};
  const auto problem = Json::parse(answer.body);
  const std::string* text = problem ? problem->findString(name) : nullptr;
  return text ? *text : std::string();
}

Result<std::optional<StoredShare>, Failure> readDocument(const Response& answer) {
  const std::string_view etag = answer.headers.get("ETag");
  if (etag.empty()) return misbehaves("it gives its documents no ETag");
  auto document = parseShareDocument(answer.body);
  if (!document) return wrongKeyOrAltered();
  return std::optional(
      StoredShare{*std::move(document), std::string(etag), answer.body.size(), sunsetOf(answer)});
}

}  // namespace

std::string_view nameOf(ShareState state) {
  switch (state) {
    case ShareState::waiting:
      return "waiting";
    case ShareState::claimed:
      return "claimed";
    case ShareState::completed:
      return "completed";
    case ShareState::cancelled:
      return "cancelled";
    case ShareState::expired:
      return "expired";
  }
  return {};
}

Result<CreatedShare, Failure> RemoteShare::create(Transport& transport, const std::string& origin,
                                                  const std::string& body,
                                                  const std::optional<Claimant>& claimant,
                                                  const std::string& token) {
  Request request{"POST", origin + "/v1/", {{"Content-Type", std::string(kJson)}}, body};
  if (claimant) {
    request.headers.add(kDeviceClaim, claimant->claim.toString());
    request.headers.add(kRequestId, claimant->request.toString());
  }
  if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
  const auto answer = transport.exchange(request, kAnswerTime);
  if (!answer) return answer.error();
  if (answer->status != 201) return failureOf(*answer);
  std::string location(answer->headers.get("Location"));
  if (startsWith(location, "/")) location.insert(0, origin);  // a reference (RFC 9110 section 10.2.2)
  auto url = parseShareUrl(location);
  if (!url) return misbehaves("it does not say where the new share is");
  const std::string_view etag = answer->headers.get("ETag");
  if (etag.empty()) return misbehaves("it gives its documents no ETag");
  return CreatedShare{*std::move(url), std::string(etag), sunsetOf(*answer)};
}

Request RemoteShare::request(std::string method) const {
  Request request{std::move(method), url_.document(), {}, {}};
  if (claim_) request.headers.add(kDeviceClaim, claim_->toString());
  return request;
}

// The same share in the other dialect: a relay keeps one store behind both.
Request RemoteShare::mailboxRequest(std::string method) const {
  Request request = this->request(std::move(method));
  request.target = url_.origin + "/v1/m/" + url_.id.toString();
  return request;
}

Result<Response, Failure> RemoteShare::ask(const Request& request, std::chrono::seconds longest) const {
  return transport_->exchange(request, longest);
}

Result<Response, Failure> RemoteShare::askAgainIfLost(const Request& request,
                                                      std::chrono::seconds longest) const {
  auto answer = ask(request, longest);
  const bool lost = !answer && answer.error().code == FailureCode::answerLost;
  return lost ? ask(request, longest) : std::move(answer);
}

// A question that may be answered late. Who waits decides for how long it stays away after one was lost, so
// that not all come back at once.
Result<Response, Failure> RemoteShare::poll(Request request, const std::string& knownTag,
                                            std::chrono::seconds wait) const {
  if (!knownTag.empty()) request.headers.add("If-None-Match", knownTag);
  if (wait.count() == 0) return askAgainIfLost(request);
  request.headers.add("Prefer", "wait=" + std::to_string(wait.count()));
  return ask(request, wait + kAnswerTime);
}

Result<std::optional<StoredShare>, Failure> RemoteShare::fetch(const std::string& knownTag,
                                                               std::chrono::seconds wait) {
  Request get = request("GET");
  get.headers.add("Accept", std::string(kJson));
  const auto answer = poll(std::move(get), knownTag, wait);
  if (!answer) return answer.error();
  if (answer->status == 304 && !knownTag.empty()) return std::optional<StoredShare>();
  if (answer->status != 200) return failureOf(*answer);

  return readDocument(*answer);
}

Result<std::optional<StoredShare>, Failure> RemoteShare::claimAndRead(const std::string& proof,
                                                                      const Uuid& requestId) {
  Request post = request("POST");
  post.headers.add("Accept", std::string(kJson));
  post.headers.add(kRequestId, requestId.toString());
  post.headers.add(kClaimProof, proof);
  const auto answer = askAgainIfLost(post);
  if (!answer) return answer.error();
  if (answer->status == 405 || answer->status == 501) return std::optional<StoredShare>();
  if (answer->status != 200 && answer->status != 201) return failureOf(*answer);
  return readDocument(*answer);
}

Result<void, Failure> RemoteShare::relinquish() {
  const auto answer = ask(mailboxRequest("PATCH"));
  if (!answer) return answer.error();
  if (answer->status != 200) return failureOf(*answer);
  return {};
}

Result<std::optional<ShareStatus>, Failure> RemoteShare::status(const std::string& knownTag,
                                                                std::chrono::seconds wait) {
  if (!tellsStatus_) return documentStatus(knownTag);
  Request get = request("GET");
  get.target = url_.collection();
  get.headers.add("Accept", std::string(kJson));
  const auto answer = poll(std::move(get), knownTag, wait);
  if (!answer) return answer.error();
  if (answer->status == 304 && !knownTag.empty()) return std::optional<ShareStatus>();
  ShareStatus status;
  if (answer->status == 404) {
    status.state = stateNamed(problemMember(*answer, "state"));
    return status.state ? std::optional(status)
                        : Result<std::optional<ShareStatus>, Failure>(failureOf(*answer));
  }
  const auto body = Json::parse(answer->status == 200 ? answer->body : std::string());
  const std::string* state = body ? body->findString("state") : nullptr;
  status.tag = answer->headers.get("ETag");
  if (!state || status.tag.empty()) {
    const Failure failure = failureOf(*answer);
    if (passes(failure.code) && answer->status >= 500) return failure;
    tellsStatus_ = false;
    return documentStatus(knownTag);
  }
  status.state = stateNamed(*state);
  status.expires = sunsetOf(*answer);
  if (const std::string* tag = body->findString("etag")) status.documentTag = *tag;
  return std::optional(std::move(status));
}

// What any WebDAV server tells: whether the document is there, and whether it has changed.
Result<std::optional<ShareStatus>, Failure> RemoteShare::documentStatus(const std::string& knownTag) const {
  Request head = request("HEAD");
  head.headers.add("Accept", std::string(kJson));
  const auto answer = askAgainIfLost(head);
  if (!answer) return answer.error();
  if (answer->status != 200) return failureOf(*answer);
  const std::string tag(answer->headers.get("ETag"));
  if (tag.empty()) return misbehaves("it gives its documents no ETag");
  if (tag == knownTag) return std::optional<ShareStatus>();
  return std::optional(ShareStatus{std::nullopt, tag, sunsetOf(*answer), tag});
}

Result<RemoteShare::Preview, Failure> RemoteShare::preview() {
  Request get = mailboxRequest("GET");
  get.headers.add("Accept", std::string(kJson));
  const auto answer = askAgainIfLost(get);
  if (!answer) return answer.error();
  if (answer->status != 200) return failureOf(*answer);
  const auto body = Json::parse(answer->body, kShareDocumentDepth);
  if (!body || !body->object()) return misbehaves("it gives no preview");
  Preview preview;
  const Json* display = body->find("displayInformation");
  const auto text = [&](std::string_view name) {
    const std::string* value = display ? display->findString(name) : nullptr;
    return value ? std::optional(*value) : std::nullopt;
  };
  preview.display = {text("title"), text("description"), text("imageURL")};
  if (const std::string* expiration = body->findString("expiration")) {
    preview.expires = parseRfc3339(*expiration);
  }
  return preview;
}

Result<RemoteShare::Replaced, Failure> RemoteShare::replace(const std::string& body,
                                                            const std::string& knownTag,
                                                            const Uuid& requestId) {
  Request put = request("PUT");
  put.headers.add("Content-Type", std::string(kJson));
  put.headers.add("If-Match", knownTag);
  put.headers.add(kRequestId, requestId.toString());
  put.body = body;
  const auto answer = askAgainIfLost(put);
  if (!answer) return answer.error();
  if (answer->status != 200 && answer->status != 201 && answer->status != 204) return failureOf(*answer);
  // The tag beside a 201 is that of the document as it is now: the other device may have written it.
  if (answer->status == 201) return Replaced{{}, true};
  return Replaced{std::string(answer->headers.get("ETag"))};
}

Result<void, Failure> RemoteShare::lock() {
  Request lock = request("LOCK");
  lock.headers.add("Content-Type", std::string(kXmlContentType));
  lock.headers.add("Depth", "0");
  lock.headers.add("Timeout", "Infinite");
  lock.body = formatLockInfo(LockScope::exclusive, kLockOwner);
  const auto answer = ask(lock);
  if (!answer) return answer.error();
  if (answer->status == 200) return {};
  if (answer->status == 423) {
    const auto tokens = lockTokens();
    if (tokens && !tokens->empty()) return {};
  }
  return failureOf(*answer);
}

Result<std::vector<std::string>, Failure> RemoteShare::lockTokens() {
  Request propfind = request("PROPFIND");
  propfind.headers.add("Content-Type", std::string(kXmlContentType));
  propfind.headers.add("Depth", "0");
  propfind.body = formatPropfind({{std::string(kDavNamespace), "lockdiscovery"}});
  const auto answer = askAgainIfLost(propfind);
  if (!answer) return answer.error();
  if (answer->status != 207) return failureOf(*answer);
  auto tokens = lockTokensIn(answer->body);
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(),
                              [](const std::string& token) { return !isLockToken(token); }),
               tokens.end());
  return tokens;
}

Result<void, Failure> RemoteShare::remove() {
  Request erase = request("DELETE");
  auto answer = ask(erase);
  if (answer && answer->status == 423) {
    const auto tokens = lockTokens();
    if (!tokens) return tokens.error();
    std::string condition;
    for (const std::string& token : *tokens) condition += (condition.empty() ? "(<" : " (<") + token + ">)";
    if (condition.empty()) return failureOf(*answer);
    erase.headers.add("If", condition);
    answer = ask(erase);
  }
  const bool lost = !answer && answer.error().code == FailureCode::answerLost;
  if (lost) answer = ask(erase);
  if (!answer) return answer.error();
  // After a lost answer "not found" is the answer: the first request did it.
  if (answer->status == 200 || answer->status == 204 || (lost && answer->status == 404)) return {};
  return failureOf(*answer);
}

}  // namespace tigress::client
