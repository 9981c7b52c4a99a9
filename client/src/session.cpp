#include "tigress/session.h"

#include <algorithm>
#include <cassert>

#include "tigress/claim.h"

namespace tigress::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A poll the relay may answer late, well within what proxies let an idle connection live.
constexpr seconds kLongestPoll{30};
constexpr seconds kLongestPause{30};
// An answer that came sooner than this was not waited for.
constexpr seconds kHeldAnswer{1};
constexpr int kMostFailuresInARow = 5;

// Whether trying again later may help, with nothing changed.
bool passes(FailureCode code) {
  switch (code) {
    case FailureCode::slowDown:
    case FailureCode::unreachable:
    case FailureCode::answerLost:
    case FailureCode::relayFailed:
      return true;
    case FailureCode::linkIncomplete:
    case FailureCode::notFoundOrExpired:
    case FailureCode::takenByAnotherDevice:
    case FailureCode::overtaken:
    case FailureCode::stillWaiting:
    case FailureCode::wrongKeyOrAltered:
    case FailureCode::replayed:
    case FailureCode::reflected:
    case FailureCode::messageMissing:
    case FailureCode::forked:
    case FailureCode::previewChanged:
    case FailureCode::unmarked:
    case FailureCode::refusedByPolicy:
      return false;
  }
  return false;
}

// How long and how often a device tries before it gives up.
class Patience {
 public:
  Patience(const Environment& environment, seconds patience)
      : environment_(environment), deadline_(environment.now() + patience) {}

  milliseconds left() const { return std::max(milliseconds(0), deadline_ - environment_.now()); }
  bool isOver() const { return left().count() == 0; }

  // Whether it is worth trying again after that failure; if so, some time has passed.
  bool bears(const Failure& failure) {
    if (!passes(failure.code) || ++failures_ > kMostFailuresInARow || isOver()) return false;
    if (failure.retryAfter && *failure.retryAfter >= left()) return false;
    pause(failure.retryAfter);
    return true;
  }

  // The relay has nothing new. If it held its answer until now, it can be asked again at once.
  void answered(bool held) {
    failures_ = 0;
    if (held) {
      pause_ = seconds(1);
    } else {
      pause();
    }
  }

 private:
  // Sleeps, twice as long each time.
  void pause(std::optional<seconds> asked = std::nullopt) {
    environment_.sleep(std::min<milliseconds>(asked.value_or(pause_), left()));
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  const Environment& environment_;
  TimePoint deadline_;
  seconds pause_{1};
  int failures_ = 0;
};

constexpr int kStateVersion = 1;

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

std::optional<Uuid> findUuid(const Json& object, std::string_view name) {
  const std::string* text = object.findString(name);
  return text ? Uuid::parse(*text) : std::nullopt;
}

}  // namespace

Session::Session(Environment environment, ShareLink link, Channel channel, std::optional<Uuid> claim)
    : environment_(std::move(environment)),
      link_(std::move(link)),
      share_(environment_.transport, link_.url, claim),
      channel_(std::move(channel)),
      claim_(claim),
      entry_(Uuid::random(environment_.random)) {}

Json Session::state() const {
  Json::Object state = {{"v", kStateVersion},
                        {"link", link_.reveal()},
                        {"entry", entry_.toString()},
                        {"etag", etag_},
                        {"display", describe(display_)},
                        {"toAnswer", toAnswer_},
                        {"channel", channel_.state()}};
  if (claim_) state.push_back({"claim", claim_->toString()});
  if (expires_) state.push_back({"expires", formatRfc3339(*expires_)});
  if (pending_) {
    state.push_back({"pending", Json::Object{{"data", pending_->data},
                                             {"body", pending_->body},
                                             {"request", pending_->request.toString()},
                                             {"channel", pending_->channel.state()}}});
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
  if (!version || *version != Json(kStateVersion) || !text || !etag || !display || !display->object() ||
      !toAnswer || !toAnswer->boolean() || !channelState || !entry) {
    return malformed;
  }
  auto link = ShareLink::parse(*text);
  auto channel = Channel::restore(*channelState);
  const auto claim = findUuid(state, "claim");
  auto pending = readPending(state);
  if (!link || !channel || (state.find("claim") && !claim) || (state.find("pending") && !pending)) {
    return malformed;
  }
  Session session(std::move(environment), *std::move(link), *std::move(channel), claim);
  session.entry_ = *entry;
  session.etag_ = *etag;
  session.display_ = {optionalText(*display, "title"), optionalText(*display, "description"),
                      optionalText(*display, "imageURL")};
  session.toAnswer_ = *toAnswer->boolean();
  if (const std::string* expires = state.findString("expires")) session.expires_ = parseRfc3339(*expires);
  session.pending_ = std::move(pending);
  return session;
}

std::optional<Session::Pending> Session::readPending(const Json& state) {
  const Json* pending = state.find("pending");
  if (!pending) return std::nullopt;
  const std::string* data = pending->findString("data");
  const std::string* body = pending->findString("body");
  const auto request = findUuid(*pending, "request");
  const Json* channelState = pending->find("channel");
  auto channel = channelState ? Channel::restore(*channelState) : ParseError{"there is no channel"};
  if (!data || !body || !request || !channel) return std::nullopt;
  return Pending{*data, *body, *request, *std::move(channel)};
}

void Session::standAt(std::string etag, std::optional<TimePoint> expires, DisplayInformation display) {
  etag_ = std::move(etag);
  if (expires) expires_ = expires;
  display_ = std::move(display);
}

Result<ProvisioningInformation, Failure> Session::receive(seconds patience) {
  assert(!pending_);
  Patience waiting(environment_, patience);
  for (;;) {
    const TimePoint asked = environment_.now();
    auto fetched = etag_.empty()
                       ? enter()
                       : share_.fetch(etag_, std::min(duration_cast<seconds>(waiting.left()), kLongestPoll));
    if (fetched && *fetched) return accept(**fetched);
    if (!fetched) {
      if (etag_.empty() || !waiting.bears(fetched.error())) return fetched.error();
      continue;
    }
    if (waiting.isOver()) {
      return Failure{FailureCode::stillWaiting, "the other device has not answered yet"};
    }
    waiting.answered(environment_.now() - asked >= kHeldAnswer);
  }
}

// The first read: it claims the share, where the server knows of claims.
Result<std::optional<StoredShare>, Failure> Session::enter() {
  if (claim_) {
    auto claimed = share_.claimAndRead(claimProof(link_.secret), entry_);
    if (!claimed || *claimed) return claimed;
  }
  return share_.fetch();
}

Result<ProvisioningInformation, Failure> Session::accept(const StoredShare& stored) {
  auto information = channel_.open(link_.secret, stored.document);
  if (!information) return information;
  standAt(stored.etag, stored.expires, stored.document.display);
  toAnswer_ = true;
  return information;
}

Result<void, Failure> Session::send(const ProvisioningInformation& information, seconds patience) {
  prepare(information);
  return resend(patience);
}

void Session::prepare(const ProvisioningInformation& information) {
  assert(!etag_.empty() && !pending_);
  Channel next = channel_;
  Payload payload = next.seal(link_.secret, information, display_, environment_.random);
  std::string data = payload.data;
  std::string body = toJson(ShareDocument{std::move(payload), display_}).dump();
  pending_ = Pending{std::move(data), std::move(body), Uuid::random(environment_.random), std::move(next)};
}

Result<void, Failure> Session::resend(seconds patience) {
  assert(pending_);
  Patience sending(environment_, patience);
  for (;;) {
    auto delivered = deliver();
    if (delivered || !pending_ || !sending.bears(delivered.error())) return delivered;
  }
}

Result<void, Failure> Session::deliver() {
  auto written = share_.replace(pending_->body, etag_, pending_->request);
  if (written && !written->empty()) {
    settle(*std::move(written));
    return {};
  }
  if (written || written.error().code == FailureCode::overtaken) return settleByReading();
  if (!passes(written.error().code)) pending_.reset();
  return written.error();
}

// The relay did not say how the document stands after the PUT, or says it had changed before. It may have
// been this very message that changed it, if the answer to an earlier attempt was lost.
Result<void, Failure> Session::settleByReading() {
  const auto stored = share_.fetch();
  if (!stored) {
    if (!passes(stored.error().code)) pending_.reset();
    return stored.error();
  }
  const StoredShare& found = **stored;
  if (found.document.payload.data == pending_->data) {
    settle(found.etag);
    return {};
  }
  Channel without = channel_;
  Channel with = pending_->channel;
  const auto unanswered = without.open(link_.secret, found.document);
  if (!unanswered && with.open(link_.secret, found.document)) {
    // The other device has read this message and answered it. The tag is left as it was, so that the next
    // `receive` finds the answer.
    settle(etag_);
    return {};
  }
  pending_.reset();
  if (!unanswered) return unanswered.error();
  return Failure{FailureCode::overtaken, "the other device has written meanwhile"};
}

void Session::settle(std::string etag) {
  channel_ = std::move(pending_->channel);
  etag_ = std::move(etag);
  toAnswer_ = false;
  pending_.reset();
}

}  // namespace tigress::client
