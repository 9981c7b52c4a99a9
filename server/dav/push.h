#pragma once

#include <string>
#include <string_view>

#include "server/dav/call.h"
#include "server/share/outcome.h"

// WebDAV-Push (draft-bitfire-webdav-push-00) on the collection of a share. Which devices are told, and that a
// registration goes with its share, are rules of server/share/registrations.h; sending is server/notify's.

namespace tigress::dav {

/// Whether this relay sends Web Pushes, and so says `webdav-push` in the DAV header of a collection.
bool offersPush(const share::Context& context);

/// POST of a push-register to a share's collection: the registration it makes or renews, by its URL.
share::Outcome registerPush(const Call& call);

/// DELETE of a registration's URL.
std::optional<share::Refusal> checkUnregister(const Call& call);
share::Outcome unregisterPush(const Call& call);

/// Who is not to be told of what a request changes, by its Push-Dont-Notify header. Only the device that
/// writes is spared by `*` in a claimed share: nobody hides a claim from the sender.
share::Spared sparedBy(const Call& call);

/// The properties of a collection, as XML text: push:transports, push:topic and push:supported-triggers. The
/// topic names the share to those who know it, and to nobody else.
std::string pushTransports(const std::string& vapidKey);
std::string pushTopic(const Uuid& share, const Sha256& sha256);
std::string pushTriggers();

}  // namespace tigress::dav
