#pragma once

#include "common/http_message.h"
#include "server/share/share.h"

namespace tigress::dav {

/// What every answer with the document's bytes says about them.
Headers documentHeaders(const share::Share& share);

}  // namespace tigress::dav
