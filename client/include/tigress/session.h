#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/timestamp.h"
#include "tigress/channel.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/provisioning_information.h"
#include "tigress/remote_share.h"
#include "tigress/share_link.h"

namespace tigress::client {

/// One device's end of a share: what Sender and Receiver have in common. The devices take turns, as the
/// one document of the share holds one message. Not safe for use by two threads at once.
class Session {
 public:
  const ShareLink& link() const { return link_; }
  /// When the relay will forget the share, if it said so.
  std::optional<TimePoint> expires() const { return expires_; }
  /// The preview beside the last message read or written.
  const DisplayInformation& display() const { return display_; }

  /// The next message of the other device. Waits for it as long as `patience`, then fails as stillWaiting;
  /// the first message a Receiver reads must already be there. A failing network is given several chances
  /// while there is patience. Other failures: notFoundOrExpired once the share is gone, and those of
  /// Channel::open.
  Result<ProvisioningInformation, Failure> receive(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Stores the next message of this device in place of the one last read. While there is `patience` it is
  /// sent again if the network fails, always the same bytes: a message is never sealed twice. Fails as
  /// overtaken if the other device wrote meanwhile, as takenByAnotherDevice if a third one did. To be
  /// called in turn, after `receive` succeeded, and not while a message is pending.
  Result<void, Failure> send(const ProvisioningInformation& information,
                             std::chrono::seconds patience = std::chrono::seconds(0));

  /// Whether the last `send` failed in a way that leaves its message on the way: unreachable, answerLost,
  /// slowDown or relayFailed.
  bool pending() const { return pending_.has_value(); }
  /// Goes on sending the pending message.
  Result<void, Failure> resend(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Deletes the share. Either device may, at any time.
  Result<void, Failure> remove() { return share_.remove(); }

 protected:
  Session(Environment environment, ShareLink link, Channel channel);
  Session(Session&&) = default;
  ~Session() = default;

  /// Takes note of what was written or read last.
  void standAt(std::string etag, std::optional<TimePoint> expires, DisplayInformation display);
  RemoteShare& share() { return share_; }

 private:
  struct Pending {
    std::string data;  // as it stands in the payload
    std::string body;
    Channel channel;  // as it will be when the message has arrived
  };

  Result<ProvisioningInformation, Failure> accept(const StoredShare& stored);
  Result<void, Failure> deliver();
  Result<void, Failure> settleByReading();
  void settle(std::string etag);

  Environment environment_;
  ShareLink link_;
  RemoteShare share_;
  Channel channel_;
  std::string etag_;  // of the document last read or written; empty before the first
  std::optional<TimePoint> expires_;
  DisplayInformation display_;
  std::optional<Pending> pending_;
};

}  // namespace tigress::client
