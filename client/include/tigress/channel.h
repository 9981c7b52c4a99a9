#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tigress/api.h"
#include "tigress/failure.h"
#include "tigress/json.h"
#include "tigress/provisioning_information.h"
#include "tigress/random.h"
#include "tigress/result.h"
#include "tigress/secret.h"
#include "tigress/share_document.h"

namespace tigress::client {

/// One device's view of the messages that go to and fro in a share. The envelope keeps the relay from
/// reading or changing a message; the channel notices when it shows old ones, a device's own ones, leaves
/// some out, or tells the two devices different stories.
///
/// Beside `format` and `content` each message carries the member `tigress`:
///   v        1
///   role     "sender" or "receiver": who wrote it
///   seq      how many messages the writer has sent, this one counted
///   ack      how many of the reader's messages the writer has accepted
///   cid      96 random bits in base64url, drawn by the sender, the same in every message of a share
///   prev     base64url of SHA-256 over the bytes of the last accepted `data`; absent while ack is 0
///   display  base64url of SHA-256 over the displayInformation beside it: of title, description and
///            imageURL in this order, a byte 0 if it is absent, else a byte 1, its length in UTF-8 as four
///            bytes, most significant first, and its text
///   earlier  optional: the writer's messages since the last one it accepted from the reader, oldest first
///            and without this one, each `format` and `content` as they were: numbers seq - 1 and below
///   more     optional: true if the writer goes on without waiting for an answer
/// Messages without it are taken from a device that never sent one; what can then be seen are replays and
/// reflections, by the IVs, and of several messages in a row only the newest is read.
///
/// A message is written on the condition that the share still holds the one before it. So who writes has
/// read all that the other device wrote, and a message that is accepted acknowledges all before it.
///
/// A value: a copy is a snapshot to go back to. Not safe for use by two threads at once.
class TIGRESS_API Channel {
 public:
  enum class Role { sender, receiver };

  /// What one document brought.
  struct Arrival {
    std::vector<ProvisioningInformation> messages;  ///< those not seen before, oldest first; never empty
    bool more = false;                              ///< the other device goes on without an answer
  };

  explicit Channel(Role role) : role_(role) {}

  Role role() const { return role_; }

  /// Seals the next message of this device, to be stored beside `display`, with those the other device may
  /// not have read. From here on the channel counts it as sent. `more`: another one follows at once.
  Payload seal(const Secret& secret, const ProvisioningInformation& information,
               const DisplayInformation& display, const RandomSource& random, bool more = false);

  /// Opens a document of the other device: its next message, and before it those that were overwritten
  /// unread. A failure leaves the channel as it was; its code is wrongKeyOrAltered, or what the history
  /// shows: replayed, reflected, messageMissing, forked, previewChanged, unmarked or takenByAnotherDevice.
  Result<Arrival, Failure> open(const Secret& secret, const ShareDocument& document);

  /// Whether the other device has yet to show that it read all this device has sent.
  bool unread() const { return !unread_.empty(); }

  /// All of it but the Secret, to go on after a restart. Holds the messages that may be unread.
  Json state() const;
  static Result<Channel> restore(const Json& state);

 private:
  // A message by what identifies it: both are base64url.
  struct Message {
    std::string iv;
    std::string digest;
  };
  struct Mark;
  using History = std::vector<Message>;

  static std::optional<Mark> readMark(const Json& value);
  static Message identify(const Payload& payload);
  static bool knows(const History& history, const Message& message);
  std::size_t received() const { return answered_ + unanswered_.size(); }
  std::optional<Failure> check(const Mark& mark, const DisplayInformation& display) const;
  std::optional<Failure> checkNumbers(const Mark& mark) const;

  Role role_;
  std::string conversation_;  // cid, empty until one was drawn or seen
  History sent_;
  History accepted_;  // of payloads: a message that came only within a later one is not among them
  std::vector<ProvisioningInformation> unread_;  // sent since the last message accepted
  std::size_t answered_ = 0;                     // messages received when this device wrote last
  std::vector<std::string> unanswered_;          // digests of those received since
  bool peerMarks_ = false;
};

}  // namespace tigress::client
