#include "tigress/watch.h"

#include "client/src/patience.h"

namespace tigress::client {
namespace {

ShareEvent eventOf(const std::optional<ShareState>& state) {
  if (!state) return ShareEvent::open;
  switch (*state) {
    case ShareState::waiting:
      return ShareEvent::waiting;
    case ShareState::claimed:
      return ShareEvent::claimed;
    case ShareState::completed:
      return ShareEvent::completed;
    case ShareState::cancelled:
      return ShareEvent::cancelled;
    case ShareState::expired:
      return ShareEvent::expired;
  }
  return ShareEvent::open;
}

}  // namespace

std::string_view nameOf(ShareEvent event) {
  switch (event) {
    case ShareEvent::open:
      return "open";
    case ShareEvent::waiting:
      return "waiting";
    case ShareEvent::claimed:
      return "claimed";
    case ShareEvent::changed:
      return "changed";
    case ShareEvent::completed:
      return "completed";
    case ShareEvent::cancelled:
      return "cancelled";
    case ShareEvent::expired:
      return "expired";
    case ShareEvent::removed:
      return "removed";
  }
  return {};
}

bool isEnd(ShareEvent event) {
  switch (event) {
    case ShareEvent::open:
    case ShareEvent::waiting:
    case ShareEvent::claimed:
    case ShareEvent::changed:
      return false;
    case ShareEvent::completed:
    case ShareEvent::cancelled:
    case ShareEvent::expired:
    case ShareEvent::removed:
      return true;
  }
  return true;
}

Result<ShareEvent, Failure> Watch::next(std::chrono::seconds patience) {
  if (ended_) return Failure{FailureCode::notFoundOrExpired, "the share has ended"};
  Patience waiting(environment_, patience);
  while (events_.empty()) {
    if (environment_.cancellation.cancelled()) return Cancellation::failure();
    environment_.tell({Progress::Step::waiting});
    auto status = share_->status(known_ ? known_->tag : std::string(), waiting.ask());
    if (status && *status) note(**std::move(status));
    if (!events_.empty()) break;
    if (!status) {
      const Failure& failure = status.error();
      if (failure.code == FailureCode::notFoundOrExpired && known_) {
        events_.push_back(endWithoutWord());
        known_.reset();  // what it expires by is no more
      } else if (!waiting.bears(failure)) {
        return failure;
      }
      continue;
    }
    if (waiting.isOver()) return Failure{FailureCode::stillWaiting, "nothing has happened to the share yet"};
    waiting.heardNothing();
  }
  const ShareEvent event = events_.front();
  events_.pop_front();
  ended_ = isEnd(event);
  return event;
}

void Watch::note(ShareStatus status) {
  const ShareEvent stands = eventOf(status.state);
  const bool first = !known_;
  if (first || known_->state != status.state) events_.push_back(stands);
  const bool written = !first && !status.documentTag.empty() && !known_->documentTag.empty() &&
                       known_->documentTag != status.documentTag;
  if (written && !isEnd(stands)) events_.push_back(ShareEvent::changed);
  known_ = std::move(status);
}

// A share that is gone, and nobody says how.
ShareEvent Watch::endWithoutWord() const {
  const bool inTime = !known_->expires || environment_.now() < *known_->expires;
  return inTime ? ShareEvent::removed : ShareEvent::expired;
}

}  // namespace tigress::client
