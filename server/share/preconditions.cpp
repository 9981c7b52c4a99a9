#include "server/share/preconditions.h"

namespace tigress::share {
namespace {

// A list that cannot be read matches nothing.
std::optional<EntityTagList> tags(const Request& request, std::string_view field) {
  const auto text = request.headers.joined(field);
  if (!text) return std::nullopt;
  return EntityTagList::parse(*text).value_or(EntityTagList{});
}

// A date that cannot be read is as if it were not there (RFC 9110 sections 13.1.3 and 13.1.4).
std::optional<TimePoint> date(const Request& request, std::string_view field) {
  const auto text = request.headers.find(field);
  return text ? parseHttpDate(*text) : std::nullopt;
}

// HTTP dates have whole seconds.
bool isNoLater(const Validators& current, TimePoint date) {
  return std::chrono::floor<std::chrono::seconds>(*current.modified) <= date;
}

bool isRead(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// Whether the resource is as the sender wants it: If-Match, else If-Unmodified-Since.
bool isAsExpected(const Request& request, const Validators& current) {
  if (const auto list = tags(request, "If-Match")) {
    if (list->any) return current.exists;
    const std::string etag = current.etag();
    return !etag.empty() && list->matchesStrongly(etag);
  }
  const auto since = date(request, "If-Unmodified-Since");
  return !since || !current.modified || isNoLater(current, *since);
}

// Whether it is what the sender has: If-None-Match, else, of a read, If-Modified-Since.
bool isKnown(const Request& request, const Validators& current) {
  if (const auto list = tags(request, "If-None-Match")) {
    if (list->any) return current.exists;
    const std::string etag = current.etag();
    return !etag.empty() && list->matchesWeakly(etag);
  }
  if (!isRead(request)) return false;
  const auto since = date(request, "If-Modified-Since");
  return since && current.modified && isNoLater(current, *since);
}

}  // namespace

std::optional<Refusal> failedPrecondition(const Request& request, const Validators& current) {
  if (isAsExpected(request, current) && (isRead(request) || !isKnown(request, current))) return std::nullopt;
  return preconditionFailed();
}

bool isNotModified(const Request& request, const Validators& current) {
  return isRead(request) && isKnown(request, current);
}

Refusal preconditionFailed() {
  return {RefusalCode::preconditionFailed,
          "a condition of the request does not hold; read the share again and retry"};
}

std::optional<Refusal> refusePart(const Request& request) {
  if (!request.headers.has("Content-Range")) return std::nullopt;
  return Refusal{RefusalCode::malformed, "PUT takes a whole share; send it without Content-Range"};
}

}  // namespace tigress::share
