#include "server/dav/document_headers.h"

namespace tigress::dav {

Headers documentHeaders(const share::Share& share) {
  return {{"Content-Type", "application/json"},
          {"ETag", share.etag},
          {"Last-Modified", formatHttpDate(share.modified)},
          {"Sunset", formatHttpDate(share.expires)},  // RFC 8594
          {"Accept-Ranges", "bytes"},
          {"Cache-Control", "no-store, no-transform"},
          // The body is its uploader's: no browser may run anything in it.
          {"Content-Security-Policy", "default-src 'none'; sandbox"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace tigress::dav
