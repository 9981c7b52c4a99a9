#pragma once

#include <memory>

#include "server/front/front.h"

namespace tigress::front {

/// The fast front: a loop for each processor serves all connections (epoll, Linux). A request is read,
/// handed to the handler and answered on its loop's thread, so a connection costs no thread whether it is
/// idle, slow, silent or waiting. Throws std::exception if it cannot listen.
std::unique_ptr<Front> openEventFront(const FrontSettings& settings);

}  // namespace tigress::front
