#include "server/dav/document_headers.h"
#include "server/dav/method_table.h"
#include "server/dav/preconditions.h"
#include "server/dav/request_headers.h"
#include "server/dav/share_status.h"

// GET and HEAD of the JSON face: of the document its bytes, of the collection how the share stands. They
// change nothing, ever: no binding, no counting, no timer.

namespace tigress::dav {
namespace {

Response documentResponse(const Call& call) {
  return {200, documentHeaders(*call.share), call.share->body};
}

Response statusResponse(const Call& call) {
  ShareStatus status = statusOf(*call.share, call.party);
  return {200,
          {{"Content-Type", "application/json"},
           {"ETag", std::move(status.etag)},
           {"Sunset", formatHttpDate(call.share->expires)},
           {"Cache-Control", "no-store, no-transform"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(status.body)};
}

void applyRange(const Call& call, Response& response) {
  const auto field = call.request.headers.find("Range");
  // Range is defined for GET only (RFC 9110 section 14.2).
  if (!field || call.request.method != "GET" || !ifRangeHolds(call)) return;
  const std::size_t size = response.body.size();
  const RangeRequest request = parseRange(*field, size);
  switch (request.kind) {
    case RangeRequest::Kind::whole:
      return;
    case RangeRequest::Kind::unsatisfiable:
      response = share::problem(416, "the range begins behind the end of the share");
      response.headers.add("Content-Range", "bytes */" + std::to_string(size));
      return;
    case RangeRequest::Kind::part:
      response.status = 206;
      response.headers.add("Content-Range", "bytes " + std::to_string(request.range.first) + "-" +
                                                std::to_string(request.range.last) + "/" +
                                                std::to_string(size));
      response.body = response.body.substr(request.range.first, request.range.last - request.range.first + 1);
      return;
  }
}

}  // namespace

std::optional<share::Refusal> checkGet(const Call& call) {
  if (!call.isMapped()) return noSuchShare(call);
  // The status says only what its reader may know.
  const bool document = call.target.kind == share::Target::Kind::document;
  if (document) {
    if (auto refusal = share::deny(*call.share, call.party, share::Access::read)) return refusal;
  }
  return failedPrecondition(call);
}

share::Outcome runGet(const Call& call) {
  const bool document = call.target.kind == share::Target::Kind::document;
  share::Outcome outcome{document ? documentResponse(call) : statusResponse(call)};
  Response& response = outcome.response;
  const bool unchanged = isNotModified(call);
  if (unchanged) {
    response.status = 304;
    response.headers.remove("Content-Type");
    response.body.clear();
  }
  if (document && !unchanged) applyRange(call, response);
  // A long poll (RFC 7240 section 4.3): a reader that has what is stored may wait for what comes next.
  const auto prefer = call.request.headers.joined("Prefer");
  const auto wait = prefer ? parsePreferWait(*prefer, call.context.rules.longestWait) : std::nullopt;
  if (wait && call.request.headers.has("If-None-Match")) {
    response.headers.add("Preference-Applied", "wait=" + std::to_string(wait->count()));
    if (unchanged) outcome.wait = share::Wait{call.share->id, *wait};
  }
  return outcome;
}

}  // namespace tigress::dav
