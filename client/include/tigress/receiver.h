#pragma once

#include "tigress/api.h"
#include "tigress/session.h"

namespace tigress::client {

/// The device that gets a credential.
///
/// In the stateless flow: `receive`, keep what came, `remove`. In the stateful flow the devices
/// write to each other: `receive` and `send`, and `remove` when all is done. The first `receive` makes this
/// device the share's receiver, and the relay gives the share to no other from then on; later ones change
/// nothing there. A share that was made open, or lies on a server that knows no claims, is read as it is.
class TIGRESS_API Receiver : public Session {
 public:
  /// Opens nothing yet and sends nothing. Draws the claim by which the relay will know this device: a
  /// receiver that is to survive a crash keeps `state` before the first `receive`.
  Receiver(Environment environment, ShareLink link);
};

}  // namespace tigress::client
