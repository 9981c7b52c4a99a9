#pragma once

#include "tigress/session.h"

namespace tigress::client {

/// The device that gets a credential.
///
/// In the stateless flow: `receive`, keep what came, `remove`. In the stateful flow the devices take
/// turns: `receive` and `send`, and `remove` when all is done. Reading changes nothing on the relay.
class Receiver : public Session {
 public:
  /// Opens nothing yet and sends nothing.
  Receiver(Environment environment, ShareLink link);
};

}  // namespace tigress::client
