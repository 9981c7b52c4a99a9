#pragma once

#include <optional>
#include <string>

#include "tigress/session.h"

namespace tigress::client {

/// What a sender offers: the first message, and how the share is to look and live.
struct Offer {
  ProvisioningInformation information;
  DisplayInformation display;
  Vertical vertical = Vertical::general;
  /// When the relay is to forget the share; it may choose an earlier time. Without one, the relay's own.
  std::optional<TimePoint> expires;
  Secret::Size secretSize = Secret::Size::bits256;
  /// An open share belongs to whoever has its address. Otherwise it is claimed: the relay gives it to the
  /// first device that proves it holds the link, and to no other.
  bool open = false;
};

/// The device that shares a credential.
///
/// In the stateless flow the offer is all there is: `create`, `lock`, hand on the link. In the stateful
/// flow the devices take turns: `create`, hand on the link, then `receive` and `send`, without `lock`.
class Sender : public Session {
 public:
  /// Makes a share on the relay at `origin` (as `parseOrigin` gives it) under a fresh Secret. The link may
  /// name another host than `origin`, the relay's public one.
  /// A crash before this returns may leave a share that nobody can open, until it expires.
  static Result<Sender, Failure> create(Environment environment, const std::string& origin,
                                        const Offer& offer);

  /// Says that the share is final: from now on no device changes it by accident.
  Result<void, Failure> lock() { return share().lock(); }

 private:
  using Session::Session;
};

}  // namespace tigress::client
