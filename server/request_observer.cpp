#include "server/request_observer.h"

#include <array>
#include <cstdio>

#include "server/digest.h"
#include "server/share/target.h"
#include "server/store/store_error.h"

namespace tigress::relay {
namespace {

using Kind = share::Target::Kind;
using SteadyClock = std::chrono::steady_clock;

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned char>(byte));
    text += digits.data();
  }
  return text;
}

std::string milliseconds(SteadyClock::duration took) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double, std::milli>(took).count());
  return text.data();
}

std::string_view nameOf(Kind kind) {
  switch (kind) {
    case Kind::malformed:
      return "malformed";
    case Kind::nowhere:
      return "nowhere";
    case Kind::root:
      return "root";
    case Kind::factory:
      return "factory";
    case Kind::newDocument:
      return "new-document";
    case Kind::collection:
      return "collection";
    case Kind::document:
      return "document";
    case Kind::otherMember:
      return "other-member";
    case Kind::registration:
      return "registration";
    case Kind::mailboxes:
      return "mailboxes";
    case Kind::mailbox:
      return "mailbox";
    case Kind::file:
      return "file";
  }
  return "nowhere";
}

bool isStoreFailure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const store::StoreError&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

// The exchange that the relay sees in place of the front's. Gone with its answer.
class RequestObserver::Observation : public front::Exchange {
 public:
  Observation(RequestObserver& observer, const Request& request, front::Reply reply)
      : observer_(observer),
        reply_(std::move(reply)),
        method_(metrics::methodLabel(request.method)),
        timed_(!request.headers.has("Prefer")),
        begun_(SteadyClock::now()) {
    if (observer.logsRequests()) target_ = request.target;
  }

  void finish(front::Answer answer) override {
    const std::unique_ptr<Observation> self(this);
    try {
      if (!answer) answer = answerOf(answer.error());
      if (*answer) note((*answer)->status);
    } catch (const std::exception&) {
      // No memory or no randomness for a line of the log: the answer matters more.
    }
    reply_.finish(std::move(answer));
  }
  void resume(std::function<void()> work) override { reply_.resume(std::move(work)); }
  void whenGone(std::function<void()> act) override { reply_.whenGone(std::move(act)); }

 private:
  std::optional<Response> answerOf(const std::exception_ptr& failure) {
    if (isStoreFailure(failure)) observer_.parts_.registry.count(metrics::Counter::storeFailures);
    id_ = observer_.requestId();
    return front::answerToFailure(failure, [this](const std::string& what) {
      observer_.parts_.log.error(what, {{"request", id_}});
    });
  }

  void note(int status) {
    const auto took = SteadyClock::now() - begun_;
    observer_.parts_.registry.countAnswer(method_, status,
                                          timed_ ? std::optional<SteadyClock::duration>(took) : std::nullopt);
    if (!observer_.logsRequests()) return;
    const share::Target target = share::parseTarget(target_);
    LogValues values = {{"request", id_.empty() ? observer_.requestId() : id_},
                        {"method", std::string(method_)},
                        {"target", std::string(nameOf(target.kind))},
                        {"status", std::to_string(status)},
                        {"ms", milliseconds(took)}};
    if (share::namesShare(target)) values["share"] = observer_.fingerprint(target.id);
    observer_.parts_.log.debug("answered", values);
  }

  RequestObserver& observer_;
  front::Reply reply_;
  std::string_view method_;  // one of a fixed list: what a client calls its method is the client's
  bool timed_;
  SteadyClock::time_point begun_;
  std::string target_;  // only where it is logged what kind it is
  std::string id_;      // if it was drawn already
};

RequestObserver::RequestObserver(Parts parts)
    : parts_(std::move(parts)), key_(randomBytes(parts_.random, 32)) {}

void RequestObserver::answer(Request request, front::Reply reply) {
  auto* const observation = new Observation(*this, request, std::move(reply));  // deletes itself
  parts_.inner.answer(std::move(request), front::Reply(*observation));
}

void RequestObserver::answerToHead(Request head, front::Reply reply) {
  auto* const observation = new Observation(*this, head, std::move(reply));
  parts_.inner.answerToHead(std::move(head), front::Reply(*observation));
}

void RequestObserver::refused(int status) {
  parts_.registry.countAnswer(metrics::kNoRequest, status, std::nullopt);
  if (!logsRequests()) return;
  parts_.log.debug("refused what was no request",
                   {{"request", requestId()}, {"status", std::to_string(status)}});
}

// Short, so that it is of no use to find out which identifier it may have been of.
std::string RequestObserver::fingerprint(const Uuid& id) const {
  return hexadecimal(sha256(key_ + std::string(id.bytes())).substr(0, 4));
}

std::string RequestObserver::requestId() const {
  return hexadecimal(randomBytes(parts_.random, 8));
}

}  // namespace tigress::relay
