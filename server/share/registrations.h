#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/share/share.h"
#include "tigress/random.h"
#include "tigress/share_document.h"

// Who wants to be told of a share's changes, and who is. A registration is a part of the share's record: it
// is committed with it and goes with it. Sending is the business of server/notify.

namespace tigress::share {

struct Change;
struct Context;
struct Spared;

inline constexpr char kWebPush[] = "webpush";

/// What the relay can do with a token.
enum class PushSupport {
  none,      ///< it sends no pushes of that type, or the token is none, or of an endpoint that is not sent to
  unproven,  ///< it will send once the endpoint has said that it wants that
  full,
};

/// Which pushes this relay sends. Any thread may ask; the answer waits for nobody.
class PushTypes {
 public:
  virtual ~PushTypes() = default;
  virtual PushSupport supportOf(const std::string& type, const std::string& token) const = 0;
  /// The VAPID key (RFC 8292 section 3.2) that subscriptions are to be made for: base64url of an uncompressed
  /// point on P-256. Empty if no Web Push is sent.
  virtual std::string webPushKey() const = 0;
};

/// Sends none.
class NoPush final : public PushTypes {
 public:
  PushSupport supportOf(const std::string&, const std::string&) const override { return PushSupport::none; }
  std::string webPushKey() const override { return {}; }
};
inline const NoPush kNoPush;

/// Settings.
struct RegistrationLimits {
  std::size_t perShare = 8;
  std::size_t tokenBytes = 4096;
};

/// The `token` of a Web Push registration (RFC 8291 section 3.1): base64url of the subscription as a browser
/// writes it, {"endpoint", "keys": {"p256dh", "auth"}}. Both keys are base64url.
std::string webPushToken(const std::string& endpoint, const std::string& p256dh, const std::string& auth);

/// Puts a registration into the share, with an id of its own and no longer than the share. One of the same
/// holder with the same type and token is replaced and keeps its id. Gives it as it is there now; nothing if
/// the relay sends no such push, the token is too long, or the share has as many as it may.
std::optional<PushRegistration> addRegistration(const Context& context, Share& share,
                                                PushRegistration registration);

/// Puts in the `notificationToken` of a device: of a bound one in place of its last one, which goes in any
/// case. Says whether the device is sure to be told, which is what `isPushNotificationSupported` means.
bool registerToken(const Context& context, Share& share, Party holder, const NotificationToken& token);

/// The same of a bound device that sent no token now.
bool pushesTo(const Context& context, const Share& share, Party holder);

/// The live registration of that id; null if there is none.
const PushRegistration* findRegistration(const Share& share, const Uuid& id, TimePoint now);

/// Takes it out; says if it was there.
bool removeRegistration(Share& share, const Uuid& id);
void removeRegistrationsOf(Share& share, Party holder);

/// Who is to be told once `change` of that record is committed: those who were registered before it and have
/// not ended that by it, without the spared. Nobody, if it is not worth telling: the content is the same,
/// nobody was bound or released, and the share goes on.
std::vector<PushRegistration> toldOf(const Share& before, const Change& change, const Spared& spared,
                                     TimePoint now);

}  // namespace tigress::share
