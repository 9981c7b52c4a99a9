#pragma once

#include "server/share/share.h"
#include "tests/catch.h"

namespace tigress::share {

/// A record in which every field has a value of its own, some of them not easy to store.
inline Share fullShare() {
  Share share;
  share.id = *Uuid::parse("2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55");
  share.stage = Stage::filled;
  share.created = *parseRfc3339("2026-11-21T12:00:00.001Z");
  share.modified = *parseRfc3339("2026-11-21T12:00:01.002Z");
  share.expires = *parseRfc3339("2026-11-22T12:00:02.003Z");
  for (int byte = 0; byte < 256; ++byte) share.body += static_cast<char>(byte);
  share.etag = "\"tag\"";
  share.display.title = std::string("a title with a \0 in it", 22);
  share.display.description = "";
  Lock lock;
  lock.token = "urn:uuid:1";
  lock.scope = LockScope::shared;
  lock.depth = LockDepth::infinity;
  lock.root = Member::collection;
  lock.owner = "<D:owner xmlns:D=\"DAV:\">me</D:owner>";
  lock.expires = *parseRfc3339("2026-11-21T13:00:00Z");
  share.locks = {lock, lock};
  share.locks[1].token = "urn:uuid:2";
  share.locks[1].scope = LockScope::exclusive;
  share.end = End::completed;
  share.createdAs = *Uuid::parse("3f9c2d2f-7a1b-4f94-8c4b-1e0b1d2a8b66");
  Claims claims;
  claims.sender = {std::string(32, 's'), std::string(32, '1')};
  claims.receiver = {std::string(32, 'r'), ""};
  claims.verifier = std::string(32, 'v');
  claims.rights = {true, false, true};
  claims.remembered = std::chrono::hours(24);
  share.claims = claims;
  PushRegistration registration;
  registration.id = *Uuid::parse("4a0d3e30-8b2c-40a5-9d5c-2f1c2e3b9c77");
  registration.holder = Party::receiver;
  registration.type = "webpush";
  registration.token = "a token";
  registration.message = "a message";
  registration.expires = *parseRfc3339("2026-11-22T12:00:02Z");
  share.registrations = {registration, registration};
  share.registrations[1].holder = Party::stranger;
  share.registrations[1].message.clear();
  return share;
}

/// Checks field by field, but for the version, which is the store's.
inline void checkSame(const Share& a, const Share& b) {
  CHECK(a.id == b.id);
  CHECK(a.stage == b.stage);
  CHECK(a.created == b.created);
  CHECK(a.modified == b.modified);
  CHECK(a.expires == b.expires);
  CHECK(a.body == b.body);
  CHECK(a.etag == b.etag);
  CHECK(a.display == b.display);
  CHECK(a.end == b.end);
  CHECK(a.createdAs == b.createdAs);
  REQUIRE(a.claims.has_value() == b.claims.has_value());
  if (a.claims) {
    CHECK(a.claims->sender.claim == b.claims->sender.claim);
    CHECK(a.claims->sender.lastRequest == b.claims->sender.lastRequest);
    CHECK(a.claims->receiver.claim == b.claims->receiver.claim);
    CHECK(a.claims->receiver.lastRequest == b.claims->receiver.lastRequest);
    CHECK(a.claims->verifier == b.claims->verifier);
    CHECK(a.claims->rights.read == b.claims->rights.read);
    CHECK(a.claims->rights.write == b.claims->rights.write);
    CHECK(a.claims->rights.remove == b.claims->rights.remove);
    CHECK(a.claims->remembered == b.claims->remembered);
  }
  REQUIRE(a.registrations.size() == b.registrations.size());
  for (std::size_t i = 0; i < a.registrations.size(); ++i) {
    CHECK(a.registrations[i].id == b.registrations[i].id);
    CHECK(a.registrations[i].holder == b.registrations[i].holder);
    CHECK(a.registrations[i].type == b.registrations[i].type);
    CHECK(a.registrations[i].token == b.registrations[i].token);
    CHECK(a.registrations[i].message == b.registrations[i].message);
    CHECK(a.registrations[i].expires == b.registrations[i].expires);
  }
  REQUIRE(a.locks.size() == b.locks.size());
  for (std::size_t i = 0; i < a.locks.size(); ++i) {
    CHECK(a.locks[i].token == b.locks[i].token);
    CHECK(a.locks[i].scope == b.locks[i].scope);
    CHECK(a.locks[i].depth == b.locks[i].depth);
    CHECK(a.locks[i].root == b.locks[i].root);
    CHECK(a.locks[i].owner == b.locks[i].owner);
    CHECK(a.locks[i].expires == b.locks[i].expires);
  }
}

}  // namespace tigress::share
