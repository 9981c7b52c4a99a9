#pragma once

#include "server/share/share.h"
#include "tigress/http_message.h"

namespace tigress::dav {

/// What every answer with the document's bytes says about them.
Headers documentHeaders(const share::Share& share);

}  // namespace tigress::dav
