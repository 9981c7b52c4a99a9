#pragma once

#include "tests/catch.h"
#include "tigress/receiver.h"
#include "tigress/sender.h"

// What tests of whole transfers begin with. `Relay` is any relay or other server in this process: it has
// place(), where shares are made, and environment() for the devices on it.

namespace tigress::client {

inline ProvisioningInformation message(int number) {
  return {"digitalwallet.test", Json::Object{{"number", number}}};
}

inline Offer offer() {
  return {message(1), {"Shared key", "For you", std::nullopt}, Vertical::car, std::nullopt};
}

template <class Relay>
Sender send(Relay& relay, const Offer& offered = offer()) {
  auto sender = Sender::create(relay.environment(), relay.place(), offered);
  REQUIRE(sender);
  return *std::move(sender);
}

template <class Relay>
Receiver receiverOf(Relay& relay, const Session& sender) {
  return Receiver(relay.environment(), *ShareLink::parse(sender.link().reveal()));
}

/// What a device knows after its process was killed: its state as it was kept.
template <class Relay>
Session afterCrash(Relay& relay, const Json& state) {
  auto session = Session::restore(relay.environment(), *Json::parse(state.dump(), Session::kStateDepth));
  REQUIRE(session);
  return *std::move(session);
}

/// How far the share has come, as that device is told.
template <class Device>
Result<std::optional<ShareState>, Failure> stateOf(Device&& session) {
  const auto status = session.status();
  if (!status) return status.error();
  return (*status)->state;
}

template <class T>
void checkFails(const Result<T, Failure>& result, FailureCode code) {
  REQUIRE_FALSE(result);
  INFO(result.error().detail);
  CHECK(static_cast<int>(result.error().code) == static_cast<int>(code));
}

}  // namespace tigress::client
