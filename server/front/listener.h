#pragma once

#include <Poco/Net/ServerSocket.h>

#include "server/front/front.h"
#include "server/front/tls.h"

namespace tigress::front {

/// Listens where the settings say. Throws Poco::Exception if that is not possible, a port that is taken
/// included.
Poco::Net::ServerSocket openListener(const FrontSettings& settings);

/// Its TLS, or nothing if the settings name no certificate. Throws std::runtime_error.
std::unique_ptr<Tls> openTls(const FrontSettings& settings);

}  // namespace tigress::front
