#include "server/dav/document_headers.h"

namespace tigress::dav {

Headers documentHeaders(const share::Share& share) {
  static const Headers kAlike = {{"Accept-Ranges", "bytes"},
                                 {"Cache-Control", "no-store, no-transform"},
                                 // The body is its uploader's: no browser may run anything in it.
                                 {"Content-Security-Policy", "default-src 'none'; sandbox"},
                                 {"X-Content-Type-Options", "nosniff"}};
  Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("ETag", share.etag);
  headers.add("Last-Modified", formatHttpDate(share.modified));
  headers.add("Sunset", formatHttpDate(share.expires));  // RFC 8594
  headers.add(kAlike);
  return headers;
}

}  // namespace tigress::dav
