#include "tigress/channel.h"

#include <algorithm>
#include <iterator>

#include "client/src/cryptography.h"
#include "common/base64.h"
#include "common/text.h"
#include "tigress/envelope.h"

namespace tigress::client {
namespace {

constexpr std::uint64_t kMarkVersion = 1;
constexpr std::uint64_t kMostMessages = 1'000'000;
constexpr std::size_t kConversationSize = 12;

std::string_view nameOf(Channel::Role role) {
  return role == Channel::Role::sender ? "sender" : "receiver";
}

Json count(std::size_t number) {
  return Json(static_cast<std::int64_t>(number));
}

std::optional<std::size_t> readCount(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  if (!value || !value->number()) return std::nullopt;
  return parseUnsigned(value->number()->text, kMostMessages);
}

std::string digestOf(const DisplayInformation& display) {
  std::string text;
  for (const auto& field : {display.title, display.description, display.imageUrl}) {
    text += field ? '\1' : '\0';
    if (!field) continue;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((field->size() >> shift) & 0xFFU);
    text += *field;
  }
  return base64UrlEncode(sha256(text));
}

std::string digestOf(const ProvisioningInformation& message) {
  return base64UrlEncode(sha256(message.toJson().dump()));
}

}  // namespace

/// The member `tigress` of a message.
struct Channel::Mark {
  std::string role;
  std::size_t sequence;
  std::size_t acknowledged;
  std::string conversation;
  std::string previous;
  std::string display;
  std::vector<ProvisioningInformation> earlier;
  bool more;
};

std::optional<Channel::Mark> Channel::readMark(const Json& value) {
  const auto version = readCount(value, "v");
  const auto sequence = readCount(value, "seq");
  const auto acknowledged = readCount(value, "ack");
  const std::string* role = value.findString("role");
  const std::string* conversation = value.findString("cid");
  const std::string* previous = value.findString("prev");
  const std::string* display = value.findString("display");
  if (version != kMarkVersion || !sequence || *sequence == 0 || !acknowledged || !role || !conversation ||
      !display || (previous == nullptr) != (*acknowledged == 0)) {
    return std::nullopt;
  }
  Mark mark{*role,    *sequence, *acknowledged, *conversation, previous ? *previous : std::string(),
            *display, {},        false};
  if (const Json* more = value.find("more")) {
    if (!more->boolean()) return std::nullopt;
    mark.more = *more->boolean();
  }
  if (const Json* earlier = value.find("earlier")) {
    auto messages = messagesFrom(*earlier);
    if (!messages || messages->size() >= *sequence) return std::nullopt;
    mark.earlier = *std::move(messages);
  }
  return mark;
}

Channel::Message Channel::identify(const Payload& payload) {
  const std::string bytes = base64Decode(payload.data).value_or(std::string());
  return {base64UrlEncode(std::string_view(bytes).substr(0, kIvSize)), base64UrlEncode(sha256(bytes))};
}

bool Channel::knows(const History& history, const Message& message) {
  return std::any_of(history.begin(), history.end(),
                     [&](const Message& known) { return known.iv == message.iv; });
}

Payload Channel::seal(const Secret& secret, const ProvisioningInformation& information,
                      const DisplayInformation& display, const RandomSource& random, bool more) {
  if (conversation_.empty()) conversation_ = base64UrlEncode(randomBytes(random, kConversationSize));
  Json::Object mark = {{"v", count(kMarkVersion)},
                       {"role", nameOf(role_)},
                       {"seq", count(sent_.size() + 1)},
                       {"ack", count(received())},
                       {"cid", conversation_}};
  if (!accepted_.empty()) mark.push_back({"prev", accepted_.back().digest});
  mark.push_back({"display", digestOf(display)});
  if (!unread_.empty()) mark.push_back({"earlier", toJson(unread_)});
  if (more) mark.push_back({"more", true});

  Json message = information.toJson();
  message.object()->push_back({"tigress", std::move(mark)});
  Payload payload = client::seal(secret, message, random);
  sent_.push_back(identify(payload));
  unread_.push_back(information);
  answered_ = received();
  unanswered_.clear();
  return payload;
}

Result<Channel::Arrival, Failure> Channel::open(const Secret& secret, const ShareDocument& document) {
  auto message = client::open(secret, document.payload);
  if (!message) return message.error();

  const Message identity = identify(document.payload);
  if (knows(sent_, identity)) {
    return Failure{FailureCode::reflected, "the relay gave back this device's own message as a new one"};
  }
  if (knows(accepted_, identity)) {
    return Failure{FailureCode::replayed, "the relay gave an old message of the other device again"};
  }

  const Json* marks = message->find("tigress");
  auto mark = marks ? readMark(*marks) : std::nullopt;
  if (marks && !mark) return wrongKeyOrAltered();
  if (!mark && peerMarks_) {
    return Failure{FailureCode::unmarked, "a message came without the marks the other device used before"};
  }
  if (mark) {
    if (auto failure = check(*mark, document.display)) return *std::move(failure);
  }

  const std::string* format = message->findString("format");
  const Json* content = message->find("content");
  if (!format || !content) return wrongKeyOrAltered();
  auto information = ProvisioningInformation::from(Json::Object{{"format", *format}, {"content", *content}});
  if (!information) return wrongKeyOrAltered();

  Arrival arrival;
  if (mark) {
    peerMarks_ = true;
    conversation_ = mark->conversation;
    arrival.more = mark->more;
    const std::size_t fresh = mark->sequence - 1 - received();
    arrival.messages.assign(std::make_move_iterator(mark->earlier.end() - static_cast<std::ptrdiff_t>(fresh)),
                            std::make_move_iterator(mark->earlier.end()));
  }
  arrival.messages.push_back(*std::move(information));
  for (const auto& one : arrival.messages) unanswered_.push_back(digestOf(one));
  accepted_.push_back(identity);
  unread_.clear();
  return arrival;
}

std::optional<Failure> Channel::check(const Mark& mark, const DisplayInformation& display) const {
  const bool joining = role_ == Role::receiver && sent_.empty() && accepted_.empty();
  if (mark.role == nameOf(role_) || (joining && mark.acknowledged > 0)) {
    return Failure{FailureCode::takenByAnotherDevice, "another device has already answered in this share"};
  }
  // A receiver that spoke to a device without marks has drawn a cid of its own.
  if (!conversation_.empty() && (peerMarks_ || role_ == Role::sender) && mark.conversation != conversation_) {
    return Failure{FailureCode::forked, "a message of another transfer stands in this share"};
  }
  if (auto failure = checkNumbers(mark)) return failure;
  if (mark.acknowledged != sent_.size() || (!sent_.empty() && mark.previous != sent_.back().digest)) {
    return Failure{FailureCode::forked, "the other device was shown another history than this one"};
  }
  if (mark.display != digestOf(display)) {
    return Failure{FailureCode::previewChanged, "the preview is not the one the other device wrote"};
  }
  return std::nullopt;
}

// That each message comes once, in its place, and as it was told before.
std::optional<Failure> Channel::checkNumbers(const Mark& mark) const {
  const std::size_t first = mark.sequence - mark.earlier.size();
  if (mark.sequence <= received()) {
    return Failure{FailureCode::replayed, "the relay gave an old message of the other device again"};
  }
  if (first > received() + 1) {
    return Failure{FailureCode::messageMissing, "a message of the other device never arrived"};
  }
  if (first <= answered_) {
    return Failure{FailureCode::forked, "the other device repeats a message that was answered"};
  }
  for (std::size_t number = first; number <= received(); ++number) {
    if (digestOf(mark.earlier[number - first]) != unanswered_[number - answered_ - 1]) {
      return Failure{FailureCode::forked, "the other device tells an earlier message in other words"};
    }
  }
  return std::nullopt;
}

Json Channel::state() const {
  const auto list = [](const History& history) {
    Json::Array items;
    for (const auto& [iv, digest] : history) items.push_back(Json::Object{{"iv", iv}, {"digest", digest}});
    return items;
  };
  return Json::Object{{"role", nameOf(role_)},
                      {"cid", conversation_},
                      {"sent", list(sent_)},
                      {"accepted", list(accepted_)},
                      {"unread", toJson(unread_)},
                      {"answered", count(answered_)},
                      {"unanswered", Json::Array(unanswered_.begin(), unanswered_.end())},
                      {"peerMarks", peerMarks_}};
}

Result<Channel> Channel::restore(const Json& state) {
  const ParseError malformed{"this is not the state of a channel"};
  const std::string* role = state.findString("role");
  const std::string* conversation = state.findString("cid");
  const Json* peerMarks = state.find("peerMarks");
  const Json* unread = state.find("unread");
  auto messages = unread ? messagesFrom(*unread) : ParseError{"there are no messages"};
  const auto answered = readCount(state, "answered");
  const Json* unanswered = state.find("unanswered");
  if (!role || (*role != nameOf(Role::sender) && *role != nameOf(Role::receiver)) || !conversation ||
      !peerMarks || !peerMarks->boolean() || !messages || !answered || !unanswered || !unanswered->array()) {
    return malformed;
  }
  Channel channel(*role == nameOf(Role::sender) ? Role::sender : Role::receiver);
  channel.conversation_ = *conversation;
  channel.peerMarks_ = *peerMarks->boolean();
  channel.unread_ = *std::move(messages);
  channel.answered_ = *answered;
  for (const Json& digest : *unanswered->array()) {
    if (!digest.string()) return malformed;
    channel.unanswered_.push_back(*digest.string());
  }
  for (const auto& [name, history] :
       {std::pair("sent", &channel.sent_), std::pair("accepted", &channel.accepted_)}) {
    const Json* list = state.find(name);
    if (!list || !list->array()) return malformed;
    for (const Json& item : *list->array()) {
      const std::string* iv = item.findString("iv");
      const std::string* digest = item.findString("digest");
      if (!iv || !digest) return malformed;
      history->push_back({*iv, *digest});
    }
  }
  return channel;
}

}  // namespace tigress::client
