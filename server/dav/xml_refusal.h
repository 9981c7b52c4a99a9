#pragma once

#include "common/dav_xml.h"
#include "server/share/outcome.h"

namespace tigress::dav {

/// 400 for XML that is broken, 403 with DAV:no-external-entities for a document type, 422 for the wrong
/// element (RFC 4918 sections 8.2, 16 and 11.2).
share::Refusal refuseXml(const XmlError& error);

}  // namespace tigress::dav
