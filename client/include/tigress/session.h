#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tigress/api.h"
#include "tigress/channel.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/json.h"
#include "tigress/provisioning_information.h"
#include "tigress/remote_share.h"
#include "tigress/result.h"
#include "tigress/share_link.h"
#include "tigress/timestamp.h"
#include "tigress/uuid.h"
#include "tigress/watch.h"

namespace tigress::client {

/// One device's end of a share: what Sender and Receiver have in common. The one document of the share holds
/// the newest message, and with it those of the same device that may be unread. So a device may write
/// whenever it has read what is there, several messages in a row as well, and the other one gets each of them
/// once and in order. Messages that are prepared together arrive together or not at all.
///
/// If both write at once, one of them is overtaken: it reads, by `receive`, and goes on by `resend`. A
/// message waits until it has arrived, whatever fails.
///
/// `state` is all it takes to go on after a crash. Kept before each request and after each answer, it brings
/// a device back to where it was: what was on its way is sent again as it was, what was being read is read
/// again.
///
/// For one thread at a time, any thread; so are all sessions that share a Transport. Sessions with different
/// transports may be used at the same time. All that asks the relay blocks: one request for as long as the
/// transport takes to connect and 30 seconds for the answer, a long poll for 30 more; several of them for
/// `patience` where there is such a parameter. Environment::cancellation ends all of it from any thread, as
/// cancelled; what was being sent may then have arrived or not, and the session is `unsettled`.
class TIGRESS_API Session {
 public:
  Session(Session&&) = default;
  ~Session() = default;

  /// A session in the state that `state` gave, of either role. It sends nothing yet.
  static Result<Session> restore(Environment environment, const Json& state);
  /// The whole session as JSON, with the messages that wait, either way. It holds the Secret and the device's
  /// claim: whoever has it is this device.
  Json state() const;
  /// Levels of nesting a state may have.
  static constexpr int kStateDepth = ProvisioningInformation::kDepth + 4;

  /// Whether the share was made or read: before that nothing can be sent.
  bool begun() const { return !etag_.empty(); }

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
  /// takenByAnotherDevice if another device claimed it first, and those of Channel::open. Not to be called
  /// while this session is `unsettled`, unless there is something `unread`.
  Result<ProvisioningInformation, Failure> receive(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Whether messages came that `receive` has not given yet: it will, without asking the relay.
  bool unread() const { return !arrived_.empty(); }

  /// Whether it is this device's turn: the other one has written last, all of that was received, and it did
  /// not say that more follows.
  bool toAnswer() const { return toAnswer_ && arrived_.empty(); }

  /// `prepare` and `resend`, until no message waits. For callers that do not keep `state`.
  Result<void, Failure> send(const ProvisioningInformation& information,
                             std::chrono::seconds patience = std::chrono::seconds(0));

  /// Puts messages behind those that wait to be sent. Sends nothing: this is the moment to keep `state`. To
  /// be called after a Sender was made or a message received.
  void prepare(std::vector<ProvisioningInformation> messages);

  /// Whether messages wait to be sent.
  bool pending() const { return !toSend_.empty(); }

  /// Sends the messages that wait, in one document. While there is `patience` it is sent again if the network
  /// fails, always the same bytes. After unreachable, answerLost, slowDown, relayFailed and cancelled the
  /// session is `unsettled`. As tooLarge the messages have not arrived and wait no more: the relay would not
  /// take them the next time either; the failure says whether the other device has to read and answer first.
  /// After any other failure they have not arrived and still wait: as overtaken the other device wrote
  /// meanwhile, and `receive` comes first; as takenByAnotherDevice a third device has written.
  Result<void, Failure> resend(std::chrono::seconds patience = std::chrono::seconds(0));

  /// Whether a message may have arrived or not: nothing but `resend` can tell.
  bool unsettled() const { return unsettled_; }

  /// Takes back all messages that wait. Not to be called while this session is `unsettled`.
  std::vector<ProvisioningInformation> withdraw();

  /// Says that the share is final: from now on no device changes it by accident.
  Result<void, Failure> lock() { return share_->lock(expires_); }

  /// Deletes the share. Either device may, at any time.
  Result<void, Failure> remove() { return share_->remove(); }

  /// Gives up the place of a Receiver that claimed the share: another device may claim it.
  Result<void, Failure> relinquish() { return share_->relinquish(); }

  /// How the share stands, as RemoteShare::status.
  Result<std::optional<ShareStatus>, Failure> status() { return share_->status(); }

  /// What happens to the share, as this device may see it. The session may be used beside it, by the same
  /// thread.
  Watch watch() const { return Watch(environment_, link_.url, claim_); }

 protected:
  /// Without a claim the share is open.
  Session(Environment environment, ShareLink link, Channel channel, std::optional<Uuid> claim);

  /// Takes note of what was written or read last.
  void standAt(std::string etag, std::optional<TimePoint> expires, DisplayInformation display);

 private:
  // The messages that wait, sealed as one document. Others may have come behind them since.
  struct Sealed {
    std::size_t messages;  // how many
    std::string data;      // as it stands in the payload
    std::string body;
    Uuid request;     // one id for all attempts
    Channel channel;  // as it will be when the message has arrived
  };

  static std::optional<Sealed> readSealed(const Json& state, std::size_t most);
  Result<std::optional<StoredShare>, Failure> enter();

  Result<void, Failure> accept(const StoredShare& stored);
  void sealNext();
  Result<void, Failure> deliver();
  Result<void, Failure> settleByReading(const std::optional<Failure>& refusal, bool done);
  void settle(std::string etag);
  std::string explainTooLarge() const;
  Failure refused(Failure failure);

  Environment environment_;
  ShareLink link_;
  std::unique_ptr<RemoteShare> share_;
  Channel channel_;
  std::optional<Uuid> claim_;
  Uuid entry_;        // request id of a receiver's claim
  std::string etag_;  // of the document last read or written; empty before the first
  std::optional<TimePoint> expires_;
  DisplayInformation display_;
  std::vector<ProvisioningInformation> arrived_;  // and accepted, but not given to the caller
  bool toAnswer_ = false;
  std::vector<ProvisioningInformation> toSend_;
  std::optional<Sealed> sealed_;  // from the front of toSend_, once something was read or written
  bool unsettled_ = false;
};

}  // namespace tigress::client
