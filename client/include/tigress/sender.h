#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tigress/api.h"
#include "tigress/session.h"

namespace tigress::client {

/// What a sender offers: the first message, those that come with it, and how the share is to look and live.
struct TIGRESS_API Offer {
  ProvisioningInformation information;
  DisplayInformation display;  ///< in UTF-8
  Vertical vertical = Vertical::general;
  /// When the relay is to forget the share; it may choose an earlier time. Without one, the relay's own, and
  /// in a folder a day from now.
  std::optional<TimePoint> expires;
  Secret::Size secretSize = Secret::Size::bits256;
  /// An open share belongs to whoever has its address. Otherwise it is claimed: the relay gives it to the
  /// first device that proves it holds the link, and to no other. In a folder of a server that is no relay
  /// every share is open.
  bool open = false;
  std::vector<ProvisioningInformation> following = {};
};

/// A share about to be made: its Secret is drawn and its messages are sealed, nothing is sent. A creation
/// whose `state` was kept survives a crash: what is restored from it asks for the very same share, and the
/// relay makes it once. Only an open share on a relay may be made a second time, and the first one then stays
/// behind until it expires.
class TIGRESS_API Creation {
 public:
  Creation(const Environment& environment, SharePlace place, const Offer& offer);

  /// The whole creation as JSON. It holds the Secret and the device's claim: whoever has it is this device.
  Json state() const;
  static Result<Creation> restore(const Json& state);

 private:
  friend class Sender;

  Creation(SharePlan plan, Secret secret, Channel channel);

  SharePlan plan_;
  Secret secret_;
  Channel channel_;
  DisplayInformation display_;
  Vertical vertical_ = Vertical::general;
};

/// The device that shares a credential.
///
/// In the stateless flow the offer is all there is: `create`, `lock`, hand on the link. In the stateful
/// flow the devices write to each other: `create`, hand on the link, then `receive` and `send`, without
/// `lock`.
class TIGRESS_API Sender : public Session {
 public:
  /// Makes the share. The link may name another host than the place, the relay's public one.
  /// After answerLost, slowDown, relayFailed and cancelled it may exist or not; the same creation, restored
  /// from its state, goes on. After unreachable this call has made none.
  static Result<Sender, Failure> create(Environment environment, Creation creation);

  /// The same without a state to keep: a crash before this returns may leave a share that nobody can open,
  /// until it expires.
  static Result<Sender, Failure> create(Environment environment, const SharePlace& place,
                                        const Offer& offer) {
    return create(environment, Creation(environment, place, offer));
  }

 private:
  using Session::Session;
};

}  // namespace tigress::client
