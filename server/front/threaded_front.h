#pragma once

#include <memory>

#include "server/front/front.h"

namespace tigress::front {

/// The portable front: a thread for each connection, on Poco's TCPServer. The HTTP is our own
/// RequestReader's, because Poco::Net::HTTPServer takes unread bodies for requests and two framings at
/// once, and hangs on a LOCK without a body. Throws Poco::Exception if it cannot listen.
std::unique_ptr<Front> openThreadedFront(const FrontSettings& settings);

}  // namespace tigress::front
