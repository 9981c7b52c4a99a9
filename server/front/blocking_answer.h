#pragma once

#include "server/front/front.h"

namespace tigress::front {

/// The handler's answer, waited for: for fronts with a thread for each connection, and for tests. Throws
/// what the handler failed with.
Response answerBlocking(RequestHandler& handler, Request request);
std::optional<Response> answerToHeadBlocking(RequestHandler& handler, Request head);

}  // namespace tigress::front
