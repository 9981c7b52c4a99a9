#pragma once

#include <chrono>

#include "tigress/api.h"
#include "tigress/failure.h"
#include "tigress/http_message.h"
#include "tigress/result.h"

namespace tigress::client {

/// How a request reaches a relay. The library brings HttpTransport; a wallet may bring its own.
class TIGRESS_API Transport {
 public:
  virtual ~Transport() = default;

  /// One exchange. `request.target` is an absolute URL without a fragment: no part of a Secret ever comes
  /// here. Any complete answer is a success, whatever its status; redirects are answers and not followed.
  /// Fails as unreachable if the request was not sent, as answerLost if it may have been and no whole answer
  /// came within `longest` of the call, as relayFailed if what came is no HTTP or the target no address.
  virtual Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) = 0;
};

}  // namespace tigress::client
