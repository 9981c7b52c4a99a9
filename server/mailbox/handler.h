#pragma once

#include <string>

#include "server/share/context.h"
#include "server/share/outcome.h"
#include "server/share/target.h"

namespace tigress::mailbox {

/// The HTTP mailbox dialect (draft-vinokurov-tigress-http) over the same records as WebDAV: CreateMailbox,
/// UpdateMailbox, ReadSecureContentFromMailbox, ReadDisplayInformationFromMailbox, DeleteMailbox and
/// RelinquishMailbox. A plain function; `record` is as of now, or null.
share::Outcome answer(const share::Context& context, const share::Target& target, share::SharePointer record,
                      const Request& request, TimePoint now);

/// `/v1/m/{id}`
std::string pathOf(const Uuid& id);

}  // namespace tigress::mailbox
