#pragma once

#include <string>
#include <vector>

#include "tigress/failure.h"
#include "tigress/result.h"
#include "tigress/transport.h"

// Requests about a folder of a WebDAV server, where shares may lie. URLs end with a slash.

namespace tigress::client {

/// What a server says of itself (OPTIONS, RFC 4918 section 10.1).
struct DavClasses {
  bool webdav = false;  ///< class 1
  bool locks = false;   ///< class 2
};
/// An answer that is no success says nothing; no credentials, or the wrong ones, are a failure.
Result<DavClasses, Failure> askForClasses(Transport& transport, const std::string& url);

/// Whether it is a collection (PROPFIND with Depth 0); the failure says what is there instead.
Result<void, Failure> checkFolder(Transport& transport, const std::string& url);

/// The names in a collection (PROPFIND with Depth 1), decoded and without the collection itself.
struct Member {
  std::string name;
  bool collection = false;
};
Result<std::vector<Member>, Failure> listFolder(Transport& transport, const std::string& url);

}  // namespace tigress::client
