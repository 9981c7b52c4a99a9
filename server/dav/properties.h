#pragma once

#include <vector>

#include "common/dav_xml.h"
#include "server/dav/call.h"

namespace tigress::dav {

/// A resource as PROPFIND sees it.
struct PropertySource {
  share::Target::Kind kind;
  share::SharePointer share;  ///< null outside a share
  TimePoint now;
  share::Party party = share::Party::stranger;  ///< who asks
  const share::Context* context = nullptr;      ///< what pushes the relay sends; null: none
};

/// What a PROPFIND asked about one resource (RFC 4918 section 9.1): values in a group 200, names it does
/// not have in a group 404.
PropertyResponse propertiesOf(const PropertySource& source, const Propfind& asked);

/// DAV:lockdiscovery of one lock list (RFC 4918 section 15.8): a DAV:activelock each, with the time that is
/// left (section 14.29). Strangers to a claimed share are not shown its tokens.
Property lockDiscovery(const share::Share& share, const std::vector<const share::Lock*>& locks, TimePoint now,
                       share::Party party);

/// The path-absolute reference of a resource, collections with a slash.
std::string hrefOf(share::Target::Kind kind, const Uuid& id);

}  // namespace tigress::dav
