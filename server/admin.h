#pragma once

#include "server/front/front.h"
#include "server/log.h"
#include "server/relay.h"

namespace tigress::relay {

/// What operators and their programs see, on a listener of its own: /healthz (the relay answers), /readyz
/// (and its store takes changes) and /metrics. Nothing of it names a share or a client. Waits for the store,
/// so it is for a front with threads.
class Admin : public front::RequestHandler {
 public:
  struct Parts {
    Relay& relay;
    const metrics::Registry& registry;
    const front::Front& front;  ///< whose connections are counted
    const Log& log;
  };

  explicit Admin(Parts parts) : parts_(parts) {}

  void answer(Request request, front::Reply reply) override;
  void answerToHead(Request head, front::Reply reply) override;

 private:
  struct Page;
  static const Page kPages[];

  Response health();
  Response readiness();
  Response metrics();

  Parts parts_;
};

}  // namespace tigress::relay
