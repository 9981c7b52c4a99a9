#pragma once

#include <Poco/Net/ServerSocket.h>

#include "server/front/front.h"

namespace tigress::front {

/// Listens where the settings say. Throws Poco::Exception if that is not possible, a port that is taken
/// included.
Poco::Net::ServerSocket openListener(const FrontSettings& settings);

}  // namespace tigress::front
