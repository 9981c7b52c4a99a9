#include "server/share/registrations.h"

#include "server/share/claims.h"
#include "tests/server/share/full_share.h"

namespace tigress::share {
namespace {

// Sends pushes of one type, to tokens that begin with "good" or "new".
class FakePush : public PushTypes {
 public:
  PushSupport supportOf(const std::string& type, const std::string& token) const override {
    if (type != "fake") return PushSupport::none;
    if (token.find("new") == 0) return PushSupport::unproven;
    return token.find("good") == 0 ? PushSupport::full : PushSupport::none;
  }
  std::string webPushKey() const override { return {}; }
};

class NoShares : public ShareReader {
 public:
  SharePointer find(const Uuid&) const override { return nullptr; }
};

struct Bench {
  Bench() {
    share.stage = Stage::filled;
    share.etag = "\"1\"";
    share.expires = now + std::chrono::hours(24);
    share.claims = Claims{};
    share.claims->sender.claim = "s";
    share.claims->receiver.claim = "r";
    share.claims->remembered = std::chrono::hours(24);
  }

  bool add(Party holder, const std::string& token, const std::string& message = {}) {
    return addRegistration(context, share, {{}, holder, "fake", token, message, share.expires}).has_value();
  }
  std::vector<std::string> told(const Change& change, const Spared& spared = {}) const {
    std::vector<std::string> tokens;
    for (const PushRegistration& registration : toldOf(share, change, spared, now))
      tokens.push_back(registration.token);
    return tokens;
  }
  Change update() const {
    Share next = share;
    next.etag = "\"2\"";
    return Change::write(std::move(next));
  }

  TimePoint now = *parseRfc3339("2026-11-21T12:00:00Z");
  Rules rules;
  RandomSource random = systemRandom;
  Sha256 sha256;
  NoShares shares;
  FakePush push;
  Context context{rules, random, sha256, shares, push};
  Share share;
};

using Tokens = std::vector<std::string>;

TEST_CASE("a registration needs a type that is sent, a token that is good, and room") {
  Bench bench;
  CHECK(registerToken(bench.context, bench.share, Party::sender, {"fake", "good"}));
  CHECK_FALSE(registerToken(bench.context, bench.share, Party::sender, {"other", "good"}));
  CHECK_FALSE(registerToken(bench.context, bench.share, Party::sender, {"", ""}));
  CHECK_FALSE(
      registerToken(bench.context, bench.share, Party::sender, {"fake", "good" + std::string(4093, 'x')}));
  CHECK(bench.share.registrations.empty());
  for (int i = 0; i < 8; ++i) CHECK(bench.add(Party::sender, "good" + std::to_string(i)));
  CHECK_FALSE(bench.add(Party::sender, "good 8"));
  CHECK(bench.add(Party::sender, "good7"));
}

TEST_CASE("an endpoint that has not proved itself is kept, but the device is not promised anything") {
  Bench bench;
  CHECK_FALSE(registerToken(bench.context, bench.share, Party::sender, {"fake", "new"}));
  CHECK(bench.share.registrations.size() == 1);
  CHECK_FALSE(pushesTo(bench.context, bench.share, Party::sender));
}

TEST_CASE("a device has one notificationToken, the last; strangers have as many as they send") {
  Bench bench;
  bench.add(Party::sender, "good dav", "a message");
  registerToken(bench.context, bench.share, Party::sender, {"fake", "good 1"});
  registerToken(bench.context, bench.share, Party::receiver, {"fake", "good 2"});
  registerToken(bench.context, bench.share, Party::sender, {"fake", "good 3"});
  CHECK(bench.told(bench.update()) == Tokens{"good dav", "good 2", "good 3"});
  CHECK(pushesTo(bench.context, bench.share, Party::sender));
  registerToken(bench.context, bench.share, Party::sender, {"fake", "bad"});
  CHECK_FALSE(pushesTo(bench.context, bench.share, Party::sender));
  CHECK(bench.told(bench.update()) == Tokens{"good dav", "good 2"});

  bench.share.registrations.clear();
  registerToken(bench.context, bench.share, Party::stranger, {"fake", "good 1"});
  registerToken(bench.context, bench.share, Party::stranger, {"fake", "good 2"});
  CHECK(bench.told(bench.update()) == Tokens{"good 1", "good 2"});
}

TEST_CASE("a token that is registered again keeps its identifier, and none outlives the share") {
  Bench bench;
  const auto first = addRegistration(
      bench.context, bench.share, {{}, Party::sender, "fake", "good", "", bench.now + std::chrono::hours(1)});
  const auto second =
      addRegistration(bench.context, bench.share,
                      {{}, Party::sender, "fake", "good", "", bench.now + std::chrono::hours(99)});
  REQUIRE((first && second));
  CHECK(first->id == second->id);
  CHECK(second->expires == bench.share.expires);
  REQUIRE(findRegistration(bench.share, first->id, bench.now));
  CHECK_FALSE(findRegistration(bench.share, first->id, bench.share.expires));
  CHECK(removeRegistration(bench.share, first->id));
  CHECK_FALSE(removeRegistration(bench.share, first->id));
}

TEST_CASE(
    "a new content, a bound or released receiver and the end are told; locks, notes and registrations are "
    "not") {
  Bench bench;
  bench.add(Party::sender, "good");
  CHECK(bench.told(bench.update()) == Tokens{"good"});

  Share next = bench.share;
  next.claims->receiver.claim = "another";
  CHECK(bench.told(Change::write(next)) == Tokens{"good"});
  relinquish(next, Caller{});
  CHECK(bench.told(Change::write(next)) == Tokens{"good"});

  CHECK(bench.told(Change::erase(bench.share)) == Tokens{"good"});
  CHECK(bench.told(endShare(bench.share, Party::receiver, Caller{}, bench.now)) == Tokens{"good"});

  next = bench.share;
  next.locks.emplace_back();
  next.claims->sender.lastRequest = "note";
  CHECK(bench.told(Change::write(next)).empty());
  next.registrations.clear();
  CHECK(bench.told(Change::write(next)).empty());
}

TEST_CASE("who made the change is not told of it") {
  Bench bench;
  bench.add(Party::sender, "good sender");
  bench.add(Party::receiver, "good receiver");
  CHECK(bench.told(bench.update(), {Party::sender}) == Tokens{"good receiver"});
  CHECK(bench.told(bench.update(), {Party::receiver}) == Tokens{"good sender"});
  CHECK(bench.told(bench.update(), {Party::stranger, true}).empty());
  const Uuid id = bench.share.registrations[1].id;
  CHECK(bench.told(bench.update(), {Party::stranger, false, {id}}) == Tokens{"good sender"});
}

TEST_CASE(
    "who registers with a change is told of the next, who leaves with it of none, as is whose time is up") {
  Bench bench;
  Change change = bench.update();
  CHECK(registerToken(bench.context, *change.next, Party::sender, {"fake", "good"}));
  CHECK(bench.told(change).empty());
  bench.share = *change.next;
  change = bench.update();
  change.next->registrations.clear();
  CHECK(bench.told(change).empty());
  bench.share.registrations[0].expires = bench.now;
  CHECK(bench.told(bench.update()).empty());
}

TEST_CASE("a receiver that gives its place up takes its registrations along") {
  Bench bench;
  bench.add(Party::sender, "good sender");
  bench.add(Party::receiver, "good receiver");
  relinquish(bench.share, Caller{});
  CHECK(bench.told(bench.update()) == Tokens{"good sender"});
}

TEST_CASE("a tombstone holds no token") {
  Bench bench;
  bench.add(Party::sender, "good");
  const auto tombstone = remainsOf(bench.share, End::expired, bench.now);
  REQUIRE(tombstone);
  CHECK(tombstone->registrations.empty());
}

}  // namespace
}  // namespace tigress::share
