#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/random.h"
#include "common/result.h"
#include "common/share_document.h"
#include "tigress/failure.h"
#include "tigress/provisioning_information.h"
#include "tigress/secret.h"

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
/// Messages without it are taken from a device that never sent one; what can then be seen are replays and
/// reflections, by the IVs.
///
/// A value: a copy is a snapshot to go back to. Not safe for use by two threads at once.
class Channel {
 public:
  enum class Role { sender, receiver };

  explicit Channel(Role role) : role_(role) {}

  Role role() const { return role_; }

  /// Seals the next message of this device, to be stored beside `display`. From here on the channel counts
  /// it as sent.
  Payload seal(const Secret& secret, const ProvisioningInformation& information,
               const DisplayInformation& display, const RandomSource& random);

  /// Opens the next message of the other device. A failure leaves the channel as it was; its code is
  /// wrongKeyOrAltered, or what the history shows: replayed, reflected, messageMissing, forked,
  /// previewChanged, unmarked or takenByAnotherDevice.
  Result<ProvisioningInformation, Failure> open(const Secret& secret, const ShareDocument& document);

  /// All of it but the Secret, to go on after a restart.
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
  std::optional<Failure> check(const Mark& mark, const DisplayInformation& display) const;

  Role role_;
  std::string conversation_;  // cid, empty until one was drawn or seen
  History sent_;
  History accepted_;
  bool peerMarks_ = false;
};

}  // namespace tigress::client
