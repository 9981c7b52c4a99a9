#include "server/dav/document_headers.h"

namespace tigress::dav {

Headers documentHeaders(const share::Share& share) {
  Headers headers;  // by hand, for a list of initializers is copied
  headers.add("Content-Type", "application/json");
  headers.add("ETag", share.etag);
  headers.add("Last-Modified", formatHttpDate(share.modified));
  headers.add("Sunset", formatHttpDate(share.expires));  // RFC 8594
  headers.add("Accept-Ranges", "bytes");
  headers.add("Cache-Control", "no-store, no-transform");
  // The body is its uploader's: no browser may run anything in it.
  headers.add("Content-Security-Policy", "default-src 'none'; sandbox");
  headers.add("X-Content-Type-Options", "nosniff");
  return headers;
}

}  // namespace tigress::dav
