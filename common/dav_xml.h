#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tigress/result.h"

// The XML bodies of WebDAV (RFC 4918 section 14) as structs, for both ends. dav_xml.cpp is the only file
// of the project that knows the XML library.

namespace tigress {

inline constexpr std::string_view kDavNamespace = "DAV:";
/// Of WebDAV-Push (draft-bitfire-webdav-push).
inline constexpr std::string_view kPushNamespace = "https://bitfire.at/webdav-push";
inline constexpr std::string_view kXmlContentType = "application/xml; charset=\"utf-8\"";

/// A property name: namespace and local name (RFC 4918 section 4.4).
struct PropertyName {
  std::string space;
  std::string local;

  friend bool operator==(const PropertyName& a, const PropertyName& b) {
    return a.space == b.space && a.local == b.local;
  }
  friend bool operator!=(const PropertyName& a, const PropertyName& b) { return !(a == b); }
};

/// A property with its value as XML text, ready to stand inside the element; empty for an empty element.
struct Property {
  PropertyName name;
  std::string inner;
};

/// Why a body was refused.
struct XmlError {
  enum class Kind {
    malformed,         ///< not well-formed, or its namespaces are broken: 400
    externalEntities,  ///< holds a document type declaration: 403 with DAV:no-external-entities
    shape,             ///< well-formed but not what the method takes: 422
  };
  Kind kind;
  std::string detail;
};

enum class LockScope { exclusive, shared };

/// DAV:lockinfo (RFC 4918 section 14.11).
struct LockInfo {
  LockScope scope = LockScope::exclusive;
  std::string owner;  ///< the DAV:owner element, self-contained XML; empty if none was sent
};

/// DAV:propfind (RFC 4918 section 14.20).
struct Propfind {
  enum class Kind { allprop, propname, prop };
  Kind kind = Kind::allprop;
  std::vector<PropertyName> names;  ///< of `prop`, or of `include` beside `allprop`; without repeats
};

/// One DAV:response of a multistatus: a resource and its properties by status.
struct PropertyResponse {
  struct Group {
    int status;
    std::vector<Property> properties;
    std::string error;  ///< local name of a DAV: precondition element, or empty
  };
  std::string href;
  std::vector<Group> groups;  ///< groups without properties are left out when written
};

/// push-register of WebDAV-Push (draft-bitfire-webdav-push-00 section 3.1).
struct PushRegister {
  /// A subscription for Web Push with message encryption (section 6); all as it was written.
  struct WebPush {
    std::string resource;
    std::string publicKey;
    std::string authSecret;
  };
  std::optional<WebPush> subscription;  ///< nothing: none, more than one, or of a kind not known here
  bool contentUpdate = false;           ///< the triggers, whatever their depth
  bool propertyUpdate = false;
  std::string expires;  ///< as it was written; empty if it was not
};

/// A body with well-formed XML of any encoding pugixml knows (UTF-8, UTF-16 and -32 with or without byte
/// order mark, Latin-1 as declared). Document types are refused. Nesting is limited to kXmlDepth, the number
/// of attributes to kXmlAttributes, as every prefix is looked up among those around it. An answer names each
/// property with its whole namespace, and shows the owners of all locks: so their number and lengths, in
/// bytes, are limited, or a small request would have an answer a thousand times its size.
inline constexpr int kXmlDepth = 32;
inline constexpr int kXmlAttributes = 256;
inline constexpr std::size_t kXmlNamespaceBytes = 512;
inline constexpr std::size_t kXmlNames = 256;
inline constexpr std::size_t kXmlOwnerBytes = 2048;
Result<LockInfo, XmlError> parseLockInfo(std::string_view body);
/// An empty body is allprop (RFC 4918 section 9.1).
Result<Propfind, XmlError> parsePropfind(std::string_view body);
/// The names a DAV:propertyupdate would set or remove (RFC 4918 section 14.19).
Result<std::vector<PropertyName>, XmlError> parsePropertyUpdate(std::string_view body);

/// Elements that are not known are passed over.
Result<PushRegister, XmlError> parsePushRegister(std::string_view body);

/// A DAV:multistatus of property responses (RFC 4918 section 13).
std::string formatMultistatus(const std::vector<PropertyResponse>& responses);
/// `<D:prop>` with one property of the DAV: namespace: the body of a LOCK answer.
std::string formatProp(const Property& property);
/// `<D:error>` with a precondition element that holds hrefs (RFC 4918 section 16). The hrefs stand in
/// `wrapper` if that is not empty (DAV:add-member of RFC 5995).
std::string formatError(std::string_view condition, const std::vector<std::string>& hrefs = {},
                        std::string_view wrapper = {});

/// DAV:lockinfo as a client sends it; `owner` is plain text and may be empty. What XML 1.0 cannot carry of it
/// stands there as U+FFFD.
std::string formatLockInfo(LockScope scope, std::string_view owner);
/// DAV:propfind with the named properties.
std::string formatPropfind(const std::vector<PropertyName>& names);

/// What a client reads out of a multistatus or a LOCK answer: every lock token in a DAV:activelock.
std::vector<std::string> lockTokensIn(std::string_view xml);
/// The text of the first element of that name in the DAV: namespace that has status 200 around it, trimmed.
std::optional<std::string> davPropertyText(std::string_view multistatus, std::string_view local);
/// The same for a property of any namespace.
std::optional<std::string> propertyText(std::string_view multistatus, const PropertyName& name);

/// One DAV:response of a multistatus, as far as a client asks what is there.
struct ListedResource {
  std::string href;
  bool collection = false;  ///< its DAV:resourcetype holds DAV:collection
};
/// The resources of a multistatus, in its order; none if it cannot be read.
std::vector<ListedResource> resourcesIn(std::string_view multistatus);

/// `& < > " '` as entities; what XML 1.0 cannot carry (control characters, broken UTF-8) as U+FFFD.
/// Good for element content and quoted attributes, of XML and of HTML.
std::string escapeXml(std::string_view text);

}  // namespace tigress
