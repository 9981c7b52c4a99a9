#include "server/front/reply.h"

#include <stdexcept>

namespace tigress::front {

Reply::~Reply() {
  if (exchange_) fail(std::make_exception_ptr(std::logic_error("a request was dropped without an answer")));
}

}  // namespace tigress::front
