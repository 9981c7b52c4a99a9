#pragma once

#include "common/ip_address.h"

namespace tigress::notify {

/// Whether an address is one of the public Internet's, where push services are: not of this machine, a
/// private or shared network, a link, a cloud's metadata, a translation or a tunnel back into one of those,
/// or of no single machine (the special-purpose registries of RFC 6890).
bool isPublic(const IpAddress& address);

}  // namespace tigress::notify
