#pragma once

#include <memory>

#include "server/front/front.h"

namespace tigress::front {

/// The front of the kind the settings name. Throws std::exception if it cannot listen, or if this machine
/// has none of that kind.
std::unique_ptr<Front> openFront(const FrontSettings& settings);

}  // namespace tigress::front
