#include "client/src/folder_share.h"

#include <algorithm>

#include "client/src/cryptography.h"
#include "client/src/dav_folder.h"
#include "common/base64.h"
#include "common/dav_xml.h"
#include "common/text.h"
#include "tigress/envelope.h"
#include "tigress/json.h"

namespace tigress::client {
namespace {

constexpr const char* kExpiration = "expiration";
// How long other devices wait for one that died while it wrote.
constexpr const char* kWritingTime = "Second-20";
constexpr std::chrono::seconds kLongestLock{7 * 24 * 3600};

std::string tagOf(const Payload& payload) {
  return base64UrlEncode(sha256(payload.data));
}

std::optional<TimePoint> expirationIn(const std::string& body) {
  const auto json = Json::parse(body, kShareDocumentDepth);
  const std::string* text = json ? json->findString(kExpiration) : nullptr;
  return text ? parseRfc3339(*text) : std::nullopt;
}

bool isSuccess(const Response& answer) {
  return answer.status == 200 || answer.status == 201 || answer.status == 204;
}

// After a request that may have made something, no later one leaves everything as it was.
Failure perhapsMade(Failure failure) {
  if (failure.code == FailureCode::unreachable) failure.code = FailureCode::answerLost;
  return failure;
}

// Some servers leave out the brackets.
std::optional<std::string> lockTokenOf(const Response& answer) {
  std::string_view token = trimmed(answer.headers.get("Lock-Token"));
  if (token.size() > 2 && token.front() == '<' && token.back() == '>')
    token = token.substr(1, token.size() - 2);
  return isLockToken(token) ? std::optional(std::string(token)) : std::nullopt;
}

Failure gone() {
  return folderFailureOf({404, {}, {}}, {});
}

}  // namespace

std::string folderDocument(const ShareDocument& document, std::optional<TimePoint> expires) {
  Json body = toJson(document);
  if (expires) body.object()->push_back({kExpiration, formatRfc3339(*expires)});
  return body.dump();
}

Result<CreatedShare, Failure> FolderShare::create(const Environment& environment, const SharePlan& plan) {
  const std::string folder = plan.place.origin + plan.place.folder;
  const auto classes = askForClasses(environment.transport, folder);
  if (!classes) return classes.error();
  if (const auto checked = checkFolder(environment.transport, folder); !checked) {
    if (classes->webdav || checked.error().code != FailureCode::refusedByPolicy) return checked.error();
    return Failure{FailureCode::refusedByPolicy, "this is no WebDAV server: " + checked.error().detail};
  }

  ShareUrl url{plan.place.origin, plan.id, ShareUrl::Dialect::folder, Vertical::general, plan.place.folder};
  FolderShare share(environment, url);
  const auto collection = environment.transport.exchange({"MKCOL", url.collection(), {}, {}}, kAnswerTime);
  if (!collection) return collection.error();
  const bool wasThere = collection->status == 405;  // or the server knows no MKCOL: the PUT will tell
  if (!isSuccess(*collection) && !wasThere) return folderFailureOf(*collection, "MKCOL");

  Request put = share.request("PUT");
  put.headers.add("Content-Type", kJsonContentType);
  put.headers.add("If-None-Match", "*");
  put.body = plan.body;
  const auto answer = environment.transport.exchange(put, kAnswerTime);
  if (!answer) return perhapsMade(answer.error());
  const auto document = parseShareDocument(plan.body);
  if (!document) return wrongKeyOrAltered();
  CreatedShare created{std::move(url), tagOf(document->payload), expirationIn(plan.body)};
  if (isSuccess(*answer)) return created;
  if (answer->status == 412) {
    const auto found = share.read();
    if (!found) return perhapsMade(found.error());
    if (found->stored.etag == created.etag) return created;
  }
  if (wasThere && (answer->status == 409 || answer->status == 404)) {
    return folderFailureOf(*collection, "MKCOL");
  }
  share.removeCollection();
  return folderFailureOf(*answer, put.method);
}

Result<FolderShare::Found, Failure> FolderShare::read() const {
  Request get = request("GET");
  get.headers.add("Accept", kJsonContentType);
  get.headers.add("Cache-Control", "no-cache");
  const auto answer = askAgainIfLost(get);
  if (!answer) return answer.error();
  if (answer->status != 200) return failureOf(*answer, get.method);
  auto document = parseShareDocument(answer->body);
  if (!document) return wrongKeyOrAltered();
  std::string tag = tagOf(document->payload);
  return Found{{*std::move(document), std::move(tag), answer->body.size(), expirationIn(answer->body)},
               std::string(answer->headers.get("ETag")),
               parseHttpDate(answer->headers.get("Date"))};
}

Result<std::optional<StoredShare>, Failure> FolderShare::fetch(const std::string& knownTag,
                                                               std::chrono::seconds) {
  auto found = read();
  if (!found) return found.error();
  if (found->stored.expires && now_() >= *found->stored.expires) return gone();
  if (!knownTag.empty() && found->stored.etag == knownTag) return std::optional<StoredShare>();
  return std::optional(std::move(found->stored));
}

Result<std::optional<StoredShare>, Failure> FolderShare::claimAndRead(const std::string&, const Uuid&) {
  return std::optional<StoredShare>();
}

Result<std::optional<ShareStatus>, Failure> FolderShare::status(const std::string& knownTag,
                                                                std::chrono::seconds wait) {
  const auto stored = fetch(knownTag, wait);
  if (!stored) return stored.error();
  if (!*stored) return std::optional<ShareStatus>();
  const std::string& tag = (*stored)->etag;
  return std::optional(ShareStatus{std::nullopt, tag, (*stored)->expires, tag});
}

Result<RemoteShare::Preview, Failure> FolderShare::preview() {
  const auto stored = fetch({}, std::chrono::seconds(0));
  if (!stored) return stored.error();
  return Preview{(*stored)->document.display, (*stored)->expires};
}

std::string FolderShare::format(const ShareDocument& document, std::optional<TimePoint> expires) const {
  return folderDocument(document, expires);
}

Result<RemoteShare::Replaced, Failure> FolderShare::replace(const std::string& body,
                                                            const std::string& knownTag, const Uuid&) {
  const auto token = lockForWriting();
  if (!token) return token.error();
  auto replaced = replaceUnderLock(body, knownTag, *token);
  if (*token) (void)unlock(**token);  // if it stays, it ends by itself in a moment
  return replaced;
}

Result<std::optional<std::string>, Failure> FolderShare::lockForWriting() const {
  const auto answer = askForLock(kWritingTime);
  if (!answer) return answer.error();
  switch (answer->status) {
    case 200:
    case 201:
      break;
    case 404:
    case 409:
    case 410:
      return gone();
    case 401:
    case 423:
    case 429:
    case 503:
      return failureOf(*answer, "LOCK");
    default:
      return std::optional<std::string>();
  }
  auto token = lockTokenOf(*answer);
  if (!token) return token;
  if (answer->status == 201) {
    // Of a document that had gone this made an empty one (RFC 4918 section 9.10.4).
    if (const auto found = read(); !found) {
      (void)askWithTokens(request("DELETE"), {*token});
      removeCollection();
      return gone();
    }
  }
  return token;
}

Result<RemoteShare::Replaced, Failure> FolderShare::replaceUnderLock(
    const std::string& body, const std::string& knownTag, const std::optional<std::string>& token) const {
  const auto document = parseShareDocument(body);
  if (!document) return wrongKeyOrAltered();
  const std::string tag = tagOf(document->payload);
  const auto found = read();
  if (!found) return found.error();
  if (found->stored.etag == tag) return Replaced{tag};  // an earlier attempt has arrived
  if (found->stored.etag != knownTag) return folderFailureOf({412, {}, {}}, {});
  Request put = request("PUT");
  put.headers.add("Content-Type", kJsonContentType);
  // A weak tag never matches here (RFC 9110 section 13.1.1).
  const auto serverTag = EntityTag::parse(found->serverTag);
  if (serverTag && !serverTag->weak) put.headers.add("If-Match", found->serverTag);
  put.body = body;
  const auto answer = token ? askWithTokens(put, {*token}) : askAgainIfLost(put);
  if (!answer) return answer.error();
  if (!isSuccess(*answer)) return failureOf(*answer, put.method);
  return Replaced{tag};
}

Result<Response, Failure> FolderShare::unlock(const std::string& token) const {
  Request unlock = request("UNLOCK");
  unlock.headers.add("Lock-Token", "<" + token + ">");
  return ask(unlock);
}

Result<void, Failure> FolderShare::lock(std::optional<TimePoint> expires) {
  const auto left =
      expires ? std::chrono::duration_cast<std::chrono::seconds>(*expires - now_()) : kLongestLock;
  const auto time = std::clamp(left, std::chrono::seconds(1), kLongestLock);
  const auto answer = askForLock("Second-" + std::to_string(time.count()));
  if (!answer) return answer.error();
  const bool locked = answer->status == 200 || answer->status == 201;
  if (!locked && answer->status != 423) return failureOf(*answer, "LOCK");
  const auto tokens = lockTokens();
  if (tokens && !tokens->empty()) return {};
  if (!locked) return failureOf(*answer, "LOCK");
  // The receiver finds the token there, or cannot remove the share.
  if (const auto token = lockTokenOf(*answer)) (void)unlock(*token);
  return Failure{FailureCode::refusedByPolicy,
                 "the server does not show the tokens of locks, and the receiver could not remove it then"};
}

Result<void, Failure> FolderShare::remove() {
  auto removed = removeDocument();
  if (removed || removed.error().code == FailureCode::notFoundOrExpired) removeCollection();
  return removed;
}

// Only when it is empty: DELETE of a collection takes all that is in it.
void FolderShare::removeCollection() const {
  const auto members = listFolder(transport(), url().collection());
  if (members && members->empty()) (void)ask({"DELETE", url().collection(), {}, {}});
}

}  // namespace tigress::client
