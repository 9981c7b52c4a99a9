#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/json.h"
#include "common/result.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "tigress/channel.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/provisioning_information.h"
#include "tigress/remote_share.h"
#include "tigress/share_link.h"

namespace tigress::client {

/// One device's end of a share: what Sender and Receiver have in common. The one document of the share holds
/// one message, and a new one takes the place of the last. So the devices take turns; a device may write
/// several messages in a row if it knows that the other one has read each before it writes the next. A
/// message overwritten unread is seen by the other device as messageMissing.
///
/// `state` is all it takes to go on after a crash. Kept before each request and after each answer, it brings
/// a device back to where it was: what was on its way is sent again as it was, what was being read is read
/// again. Not safe for use by two threads at once.
class Session {
 public:
  Session(Session&&) = default;
  ~Session() = default;

  /// A session in the state that `state` gave, of either role. It sends nothing yet.
  static Result<Session> restore(Environment environment, const Json& state);
  /// The whole session as JSON. It holds the Secret and the device's claim: whoever has it is this device.
  Json state() const;

  Channel::Role role() const { return channel_.role(); }
  const ShareLink& link() const { return link_; }
  /// When the relay will forget the share, if it said so.
  std::optional<TimePoint> expires() const { return expires_; }
  /// The preview beside the last message read or written.
  const DisplayInformation& display() const { return display_; }

  /// The next message of the other device. A Receiver's first one claims the share: from then on the relay
  /// gives it to no other device. Waits for it as long as `patience`, then fails as stillWaiting;
  /// the first message a Receiver reads must already be there. A failing network is given several chances
  /// while there is patience. Other failures: notFoundOrExpired once the share is gone,
  /// takenByAnotherDevice if another device claimed it first, and those of Channel::open.
  Result<ProvisioningInformation, Failure> receive(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Stores the next message of this device in place of the one last read. While there is `patience` it is
  /// sent again if the network fails, always the same bytes: a message is never sealed twice. Fails as
  /// overtaken if the other device wrote meanwhile, as takenByAnotherDevice if a third one did. To be
  /// called after a Sender was made or a message received, and not while a message is pending.
  Result<void, Failure> send(const ProvisioningInformation& information,
                             std::chrono::seconds patience = std::chrono::seconds(0));

  /// The first half of `send`: the message is sealed and pending, nothing is sent yet. `resend` is the other
  /// half. In between is the moment to keep `state`.
  void prepare(const ProvisioningInformation& information);

  /// Whether the last message was the other device's, so that an answer is this one's turn.
  bool toAnswer() const { return toAnswer_; }

  /// Whether a message is on the way: prepared, or the last `send` failed as unreachable, answerLost,
  /// slowDown or relayFailed.
  bool pending() const { return pending_.has_value(); }
  /// Goes on sending the pending message.
  Result<void, Failure> resend(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Deletes the share. Either device may, at any time.
  Result<void, Failure> remove() { return share_.remove(); }

  /// Gives up the place of a Receiver that claimed the share: another device may claim it.
  Result<void, Failure> relinquish() { return share_.relinquish(); }

  /// How far the share has come, as RemoteShare::state.
  Result<std::optional<ShareState>, Failure> shareState() { return share_.state(); }

 protected:
  /// Without a claim the share is open.
  Session(Environment environment, ShareLink link, Channel channel, std::optional<Uuid> claim);

  /// Takes note of what was written or read last.
  void standAt(std::string etag, std::optional<TimePoint> expires, DisplayInformation display);
  RemoteShare& share() { return share_; }

 private:
  struct Pending {
    std::string data;  // as it stands in the payload
    std::string body;
    Uuid request;     // one id for all attempts
    Channel channel;  // as it will be when the message has arrived
  };

  static std::optional<Pending> readPending(const Json& state);
  Result<std::optional<StoredShare>, Failure> enter();

  Result<ProvisioningInformation, Failure> accept(const StoredShare& stored);
  Result<void, Failure> deliver();
  Result<void, Failure> settleByReading();
  void settle(std::string etag);

  Environment environment_;
  ShareLink link_;
  RemoteShare share_;
  Channel channel_;
  std::optional<Uuid> claim_;
  Uuid entry_;        // request id of a receiver's claim
  std::string etag_;  // of the document last read or written; empty before the first
  std::optional<TimePoint> expires_;
  DisplayInformation display_;
  std::optional<Pending> pending_;
  bool toAnswer_ = false;
};

}  // namespace tigress::client
