#include "client/src/relay_share.h"

#include <algorithm>

#include "common/dav_xml.h"
#include "common/text.h"
#include "tigress/envelope.h"
#include "tigress/json.h"

namespace tigress::client {
namespace {

constexpr const char* kDeviceClaim = "Mailbox-Device-Claim";
constexpr const char* kRequestId = "Mailbox-Request-ID";
constexpr const char* kClaimProof = "Mailbox-Claim-Proof";
constexpr ShareState kStates[] = {ShareState::waiting, ShareState::claimed, ShareState::completed,
                                  ShareState::cancelled, ShareState::expired};

std::optional<TimePoint> sunsetOf(const Response& answer) {
  return parseHttpDate(answer.headers.get("Sunset"));
}

Failure misbehaves(std::string_view how) {
  return {FailureCode::relayFailed, "this is no relay, or a broken one: " + std::string(how)};
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

// Where a redirect leads, if that is on the same server; else nothing.
std::optional<std::string> targetWithin(const std::string& origin, std::string_view location) {
  if (startsWith(location, "/") && !startsWith(location, "//")) return origin + std::string(location);
  const std::size_t scheme = location.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::size_t path = std::min(location.find_first_of("/?#", scheme + 3), location.size());
  const auto there = parseOrigin(location.substr(0, path));
  if (!there || *there != origin) return std::nullopt;
  return origin + std::string(location.substr(path));
}

// A relay may move its factory, but only within itself: whoever is asked elsewhere was not chosen by the
// user.
Result<Response, Failure> askWithin(Transport& transport, const std::string& origin, Request request) {
  constexpr int kMostRedirects = 3;
  for (int redirects = 0;; ++redirects) {
    auto answer = transport.exchange(request, kAnswerTime);
    if (!answer || (answer->status != 307 && answer->status != 308) || redirects == kMostRedirects)
      return answer;
    auto target = targetWithin(origin, answer->headers.get("Location"));
    if (!target) {
      return Failure{FailureCode::relayFailed,
                     "the relay redirects to another server, which is not followed"};
    }
    request.target = *std::move(target);
  }
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

Result<CreatedShare, Failure> RelayShare::create(const Environment& environment, const SharePlan& plan) {
  Request request{"POST", plan.place.origin + "/v1/", {{"Content-Type", kJsonContentType}}, plan.body};
  if (plan.claimant) {
    request.headers.add(kDeviceClaim, plan.claimant->claim.toString());
    request.headers.add(kRequestId, plan.claimant->request.toString());
  }
  if (!environment.createToken.empty()) {
    request.headers.add("Authorization", "Bearer " + environment.createToken);
  }
  const auto answer = askWithin(environment.transport, plan.place.origin, std::move(request));
  if (!answer) return answer.error();
  if (answer->status != 201) return client::failureOf(*answer);
  std::string location(answer->headers.get("Location"));
  if (startsWith(location, "/"))
    location.insert(0, plan.place.origin);  // a reference (RFC 9110 section 10.2.2)
  auto url = parseShareUrl(location);
  // Its public name may be another than the one it was asked by, but no link gives up TLS.
  if (url && startsWith(plan.place.origin, "https:") && !startsWith(url->origin, "https:"))
    return misbehaves("it says that the new share is reached without TLS");
  if (!url || url->dialect == ShareUrl::Dialect::folder)
    return misbehaves("it does not say where the new share is");
  const std::string_view etag = answer->headers.get("ETag");
  if (etag.empty()) return misbehaves("it gives its documents no ETag");
  return CreatedShare{*std::move(url), std::string(etag), sunsetOf(*answer)};
}

Request RelayShare::request(std::string method) const {
  Request request = DavShare::request(std::move(method));
  if (claim_) request.headers.add(kDeviceClaim, claim_->toString());
  return request;
}

// The same share in the other dialect: a relay keeps one store behind both.
Request RelayShare::mailboxRequest(std::string method) const {
  Request request = this->request(std::move(method));
  request.target = url().origin + "/v1/m/" + url().id.toString();
  return request;
}

// A question that may be answered late. Who waits decides for how long it stays away after one was lost, so
// that not all come back at once.
Result<Response, Failure> RelayShare::poll(Request request, const std::string& knownTag,
                                           std::chrono::seconds wait) const {
  if (!knownTag.empty()) request.headers.add("If-None-Match", knownTag);
  if (wait.count() == 0) return askAgainIfLost(request);
  request.headers.add("Prefer", "wait=" + std::to_string(wait.count()));
  return ask(request, wait + kAnswerTime);
}

Result<std::optional<StoredShare>, Failure> RelayShare::fetch(const std::string& knownTag,
                                                              std::chrono::seconds wait) {
  Request get = request("GET");
  get.headers.add("Accept", kJsonContentType);
  const auto answer = poll(std::move(get), knownTag, wait);
  if (!answer) return answer.error();
  if (answer->status == 304 && !knownTag.empty()) return std::optional<StoredShare>();
  if (answer->status != 200) return client::failureOf(*answer);

  return readDocument(*answer);
}

Result<std::optional<StoredShare>, Failure> RelayShare::claimAndRead(const std::string& proof,
                                                                     const Uuid& requestId) {
  Request post = request("POST");
  post.headers.add("Accept", kJsonContentType);
  post.headers.add(kRequestId, requestId.toString());
  post.headers.add(kClaimProof, proof);
  const auto answer = askAgainIfLost(post);
  if (!answer) return answer.error();
  if (answer->status == 405 || answer->status == 501) return std::optional<StoredShare>();
  if (answer->status != 200 && answer->status != 201) return client::failureOf(*answer);
  return readDocument(*answer);
}

Result<void, Failure> RelayShare::relinquish() {
  const auto answer = ask(mailboxRequest("PATCH"));
  if (!answer) return answer.error();
  if (answer->status != 200) return client::failureOf(*answer);
  return {};
}

Result<std::optional<ShareStatus>, Failure> RelayShare::status(const std::string& knownTag,
                                                               std::chrono::seconds wait) {
  if (!tellsStatus_) return documentStatus(knownTag);
  Request get = request("GET");
  get.target = url().collection();
  get.headers.add("Accept", kJsonContentType);
  const auto answer = poll(std::move(get), knownTag, wait);
  if (!answer) return answer.error();
  if (answer->status == 304 && !knownTag.empty()) return std::optional<ShareStatus>();
  ShareStatus status;
  if (answer->status == 404) {
    status.state = stateNamed(problemMember(*answer, "state"));
    return status.state ? std::optional(status)
                        : Result<std::optional<ShareStatus>, Failure>(client::failureOf(*answer));
  }
  const auto body = Json::parse(answer->status == 200 ? answer->body : std::string());
  const std::string* state = body ? body->findString("state") : nullptr;
  status.tag = answer->headers.get("ETag");
  if (!state || status.tag.empty()) {
    const Failure failure = client::failureOf(*answer);
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
Result<std::optional<ShareStatus>, Failure> RelayShare::documentStatus(const std::string& knownTag) const {
  Request head = request("HEAD");
  head.headers.add("Accept", kJsonContentType);
  const auto answer = askAgainIfLost(head);
  if (!answer) return answer.error();
  if (answer->status != 200) return client::failureOf(*answer);
  const std::string tag(answer->headers.get("ETag"));
  if (tag.empty()) return misbehaves("it gives its documents no ETag");
  if (tag == knownTag) return std::optional<ShareStatus>();
  return std::optional(ShareStatus{std::nullopt, tag, sunsetOf(*answer), tag});
}

Result<RelayShare::Preview, Failure> RelayShare::preview() {
  Request get = mailboxRequest("GET");
  get.headers.add("Accept", kJsonContentType);
  const auto answer = askAgainIfLost(get);
  if (!answer) return answer.error();
  if (answer->status != 200) return client::failureOf(*answer);
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

Result<RelayShare::Replaced, Failure> RelayShare::replace(const std::string& body,
                                                          const std::string& knownTag,
                                                          const Uuid& requestId) {
  Request put = request("PUT");
  put.headers.add("Content-Type", kJsonContentType);
  put.headers.add("If-Match", knownTag);
  put.headers.add(kRequestId, requestId.toString());
  put.body = body;
  const auto answer = askAgainIfLost(put);
  if (!answer) return answer.error();
  if (answer->status != 200 && answer->status != 201 && answer->status != 204)
    return client::failureOf(*answer);
  // The tag beside a 201 is that of the document as it is now: the other device may have written it.
  if (answer->status == 201) return Replaced{{}, true};
  return Replaced{std::string(answer->headers.get("ETag"))};
}

std::string RelayShare::format(const ShareDocument& document, std::optional<TimePoint>) const {
  return toJson(document).dump();
}

Result<void, Failure> RelayShare::lock(std::optional<TimePoint>) {
  const auto answer = askForLock("Infinite");  // the relay cuts it to the share's end
  if (!answer) return answer.error();
  if (answer->status == 200) return {};
  if (answer->status == 423) {
    const auto tokens = lockTokens();
    if (tokens && !tokens->empty()) return {};
  }
  return client::failureOf(*answer);
}

}  // namespace tigress::client
