#include "server/dav/creation.h"

namespace tigress::dav {

share::Refusal refuseClientIdentifier(share::RefusalCode code) {
  return {code,
          "the relay names shares; make one by POST to /v1/",
          "allow-client-defined-uri",
          {"/v1/"},
          "add-member"};
}

std::string locationOf(const Call& call, const Uuid& id) {
  return call.context.rules.origin + share::pathOf(id, share::Member::document);
}

TimePoint defaultExpiry(const Call& call) {
  const share::Lifetimes& lifetimes = call.context.rules.lifetimes;
  return call.now + std::min(lifetimes.share, lifetimes.longest);
}

void describeDocument(const share::Share& share, Response& response) {
  response.headers.add("ETag", share.etag);
  response.headers.add("Sunset", formatHttpDate(share.expires));
  response.headers.add("Cache-Control", "no-store");
}

}  // namespace tigress::dav
