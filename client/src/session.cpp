#include "tigress/session.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "client/src/patience.h"
#include "common/text.h"
#include "tigress/claim.h"

namespace tigress::client {
namespace {

using std::chrono::seconds;

// Whether a request that failed so may have been carried out.
bool mayBeDone(FailureCode code) {
  return passes(code) || code == FailureCode::cancelled;
}

constexpr int kStateVersion = 3;

Json describe(const DisplayInformation& display) {
  Json::Object object;
  if (display.title) object.push_back({"title", *display.title});
  if (display.description) object.push_back({"description", *display.description});
  if (display.imageUrl) object.push_back({"imageURL", *display.imageUrl});
  return object;
}

std::optional<std::string> optionalText(const Json& object, std::string_view name) {
  const std::string* text = object.findString(name);
  return text ? std::optional(*text) : std::nullopt;
}

std::optional<std::vector<ProvisioningInformation>> findMessages(const Json& object, std::string_view name) {
  const Json* array = object.find(name);
  auto messages = array ? messagesFrom(*array) : ParseError{"there are no messages"};
  return messages ? std::optional(*std::move(messages)) : std::nullopt;
}

std::optional<Uuid> findUuid(const Json& object, std::string_view name) {
  const std::string* text = object.findString(name);
  return text ? Uuid::parse(*text) : std::nullopt;
}

}  // namespace

Session::Session(Environment environment, ShareLink link, Channel channel, std::optional<Uuid> claim)
    : environment_(std::move(environment)),
      link_(std::move(link)),
      share_(RemoteShare::at(environment_, link_.url, claim)),
      channel_(std::move(channel)),
      claim_(claim),
      entry_(Uuid::random(environment_.random)) {}

Json Session::state() const {
  Json::Object state = {
      {"v", kStateVersion},    {"link", link_.reveal()},        {"entry", entry_.toString()},
      {"etag", etag_},         {"display", describe(display_)}, {"arrived", toJson(arrived_)},
      {"toAnswer", toAnswer_}, {"toSend", toJson(toSend_)},     {"channel", channel_.state()}};
  if (claim_) state.push_back({"claim", claim_->toString()});
  if (expires_) state.push_back({"expires", formatRfc3339(*expires_)});
  if (sealed_) {
    state.push_back({"sealed", Json::Object{{"messages", static_cast<std::int64_t>(sealed_->messages)},
                                            {"body", sealed_->body},
                                            {"request", sealed_->request.toString()},
                                            {"channel", sealed_->channel.state()}}});
  }
  return state;
}

Result<Session> Session::restore(Environment environment, const Json& state) {
  const ParseError malformed{"this is not the state of a session"};
  const Json* version = state.find("v");
  const std::string* text = state.findString("link");
  const std::string* etag = state.findString("etag");
  const Json* display = state.find("display");
  const Json* toAnswer = state.find("toAnswer");
  const Json* channelState = state.find("channel");
  const auto entry = findUuid(state, "entry");
  auto arrived = findMessages(state, "arrived");
  auto toSend = findMessages(state, "toSend");
  if (!version || *version != Json(kStateVersion) || !text || !etag || !display || !display->object() ||
      !toAnswer || !toAnswer->boolean() || !channelState || !entry || !arrived || !toSend) {
    return malformed;
  }
  auto link = ShareLink::parse(*text);
  auto channel = Channel::restore(*channelState);
  const auto claim = findUuid(state, "claim");
  auto sealed = readSealed(state, toSend->size());
  if (!link || !channel || (state.find("claim") && !claim) || sealed.has_value() == toSend->empty()) {
    return malformed;
  }
  Session session(std::move(environment), *std::move(link), *std::move(channel), claim);
  session.entry_ = *entry;
  session.etag_ = *etag;
  session.display_ = {optionalText(*display, "title"), optionalText(*display, "description"),
                      optionalText(*display, "imageURL")};
  session.toAnswer_ = *toAnswer->boolean();
  if (const std::string* expires = state.findString("expires")) session.expires_ = parseRfc3339(*expires);
  session.arrived_ = *std::move(arrived);
  session.toSend_ = *std::move(toSend);
  session.sealed_ = std::move(sealed);
  session.unsettled_ = session.sealed_.has_value();  // it may have been on its way when the state was kept
  return session;
}

std::optional<Session::Sealed> Session::readSealed(const Json& state, std::size_t most) {
  const Json* sealed = state.find("sealed");
  if (!sealed) return std::nullopt;
  const Json* count = sealed->find("messages");
  const std::uint64_t messages =
      count && count->number() ? parseUnsigned(count->number()->text, most).value_or(0) : 0;
  const std::string* body = sealed->findString("body");
  const auto document = parseShareDocument(body ? *body : std::string());
  const auto request = findUuid(*sealed, "request");
  const Json* channelState = sealed->find("channel");
  auto channel = channelState ? Channel::restore(*channelState) : ParseError{"there is no channel"};
  if (messages == 0 || !document || !request || !channel) return std::nullopt;
  return Sealed{static_cast<std::size_t>(messages), document->payload.data, *body, *request,
                *std::move(channel)};
}

void Session::standAt(std::string etag, std::optional<TimePoint> expires, DisplayInformation display) {
  etag_ = std::move(etag);
  if (expires) expires_ = expires;
  display_ = std::move(display);
}

Result<ProvisioningInformation, Failure> Session::receive(seconds patience) {
  Patience waiting(environment_, patience);
  while (arrived_.empty()) {
    assert(!unsettled_);
    if (environment_.cancellation.cancelled()) return Cancellation::failure();
    environment_.tell({begun() ? Progress::Step::waiting : Progress::Step::claiming});
    auto fetched = begun() ? share_->fetch(etag_, waiting.ask()) : enter();
    if (fetched && *fetched) {
      if (const auto accepted = accept(**fetched); !accepted) return accepted.error();
      break;
    }
    if (!fetched) {
      if (!begun() || !waiting.bears(fetched.error())) return fetched.error();
      continue;
    }
    if (waiting.isOver()) {
      return Failure{FailureCode::stillWaiting, "the other device has not answered yet"};
    }
    waiting.heardNothing();
  }
  ProvisioningInformation next = std::move(arrived_.front());
  arrived_.erase(arrived_.begin());
  return next;
}

// The first read: it claims the share, where the server knows of claims.
Result<std::optional<StoredShare>, Failure> Session::enter() {
  if (claim_) {
    auto claimed = share_->claimAndRead(claimProof(link_.secret), entry_);
    if (!claimed || *claimed) return claimed;
  }
  return share_->fetch();
}

Result<void, Failure> Session::accept(const StoredShare& stored) {
  auto arrival = channel_.open(link_.secret, stored.document);
  if (!arrival) return arrival.error();
  standAt(stored.etag, stored.expires, stored.document.display);
  arrived_ = std::move(arrival->messages);
  toAnswer_ = !arrival->more;
  sealNext();
  return {};
}

Result<void, Failure> Session::send(const ProvisioningInformation& information, seconds patience) {
  prepare({information});
  while (pending()) {
    if (auto sent = resend(patience); !sent) return sent;
  }
  return {};
}

void Session::prepare(std::vector<ProvisioningInformation> messages) {
  assert(begun());
  std::move(messages.begin(), messages.end(), std::back_inserter(toSend_));
  if (!unsettled_) sealNext();
}

std::vector<ProvisioningInformation> Session::withdraw() {
  assert(!unsettled_);
  sealed_.reset();
  return std::exchange(toSend_, {});
}

// Seals all messages that wait, by what this device knows now, into one document: it is the newest of them
// and repeats those before it, so that they arrive together or not at all. What was sealed before, and has
// not arrived, is forgotten: it acknowledges less, so the other device would refuse it if it ever came.
void Session::sealNext() {
  sealed_.reset();
  if (toSend_.empty()) return;
  Channel next = channel_;
  Payload payload;
  for (const ProvisioningInformation& message : toSend_) {
    payload = next.seal(link_.secret, message, display_, environment_.random);
  }
  std::string data = payload.data;
  std::string body = share_->format({std::move(payload), display_}, expires_);
  sealed_ = Sealed{toSend_.size(), std::move(data), std::move(body), Uuid::random(environment_.random),
                   std::move(next)};
}

Result<void, Failure> Session::resend(seconds patience) {
  assert(sealed_);
  Patience sending(environment_, patience);
  for (;;) {
    if (environment_.cancellation.cancelled()) return Cancellation::failure();
    environment_.tell({Progress::Step::sending});
    auto delivered = deliver();
    if (delivered || !unsettled_ || !sending.bears(delivered.error())) return delivered;
  }
}

Result<void, Failure> Session::deliver() {
  const bool triedBefore = std::exchange(unsettled_, true);
  auto written = share_->replace(sealed_->body, etag_, sealed_->request);
  if (written) {
    if (written->etag.empty()) return settleByReading(std::nullopt, written->repeated);
    settle(std::move(written->etag));
    return {};
  }
  Failure failure = written.error();
  if (mayBeDone(failure.code)) return failure;
  if (failure.code == FailureCode::tooLarge) failure.detail = explainTooLarge();
  if (failure.code == FailureCode::overtaken) return settleByReading(std::nullopt, false);
  if (triedBefore) return settleByReading(failure, false);
  return refused(failure);
}

std::string Session::explainTooLarge() const {
  const std::string what = sealed_->messages == 1 ? "this message" : "this turn";
  if (channel_.unread()) {
    return "the other device has to read and answer first: with the messages it may not have read, " + what +
           " is more than the relay takes for one share";
  }
  return what + " is more than the relay takes for one share";
}

// It is certain that what is sealed has not arrived. What does not fit never will: it is taken back.
Failure Session::refused(Failure failure) {
  unsettled_ = false;
  if (failure.code == FailureCode::tooLarge) {
    toSend_.erase(toSend_.begin(), toSend_.begin() + static_cast<std::ptrdiff_t>(sealed_->messages));
    sealNext();
  }
  return failure;
}

// The relay did not say how the document stands after the PUT, or says it had changed before. It may have
// been this very message that changed it, if the answer to an earlier attempt was lost. `refusal` is what
// the relay said of this attempt, `done` whether it says that the message has arrived.
Result<void, Failure> Session::settleByReading(const std::optional<Failure>& refusal, bool done) {
  const auto stored = share_->fetch();
  if (!stored) {
    unsettled_ = mayBeDone(stored.error().code);
    return stored.error();
  }
  const StoredShare& found = **stored;
  if (found.document.payload.data == sealed_->data) {
    settle(found.etag);
    return {};
  }
  Channel without = channel_;
  Channel with = sealed_->channel;
  const auto unanswered = without.open(link_.secret, found.document);
  if (done || (!unanswered && with.open(link_.secret, found.document))) {
    // The other device has read this message and written since. The tag is left as it was, so that the next
    // `receive` finds what it wrote.
    settle(etag_);
    return {};
  }
  unsettled_ = false;
  if (refusal && found.etag == etag_) return refused(*refusal);
  if (!unanswered) return unanswered.error();
  return Failure{FailureCode::overtaken, "the other device has written meanwhile"};
}

void Session::settle(std::string etag) {
  channel_ = std::move(sealed_->channel);
  etag_ = std::move(etag);
  toAnswer_ = false;
  unsettled_ = false;
  toSend_.erase(toSend_.begin(), toSend_.begin() + static_cast<std::ptrdiff_t>(sealed_->messages));
  sealNext();
}

}  // namespace tigress::client
