#include "server/front/open_front.h"

#include <stdexcept>

#include "server/front/event_front.h"
#include "server/front/threaded_front.h"

namespace tigress::front {

std::unique_ptr<Front> openFront(const FrontSettings& settings) {
  if (settings.kind == FrontKind::threads) return openThreadedFront(settings);
#ifdef __linux__
  return openEventFront(settings);
#else
  throw std::runtime_error("front.kind = events needs epoll, which is Linux's; set front.kind = threads");
#endif
}

}  // namespace tigress::front
