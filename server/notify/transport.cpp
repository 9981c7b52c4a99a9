#include "server/notify/transport.h"

#include "common/text.h"

namespace tigress::notify {
namespace {

constexpr std::chrono::seconds kLongestWait = std::chrono::hours(1);

std::optional<std::chrono::seconds> retryAfter(const Response& response, TimePoint now) {
  const std::string_view text = response.headers.get("Retry-After");
  std::optional<std::chrono::seconds> wait;
  if (const auto seconds = parseUnsigned(text, 1'000'000'000)) {
    wait = std::chrono::seconds(*seconds);
  } else if (const auto date = parseHttpDate(text)) {
    wait = std::chrono::ceil<std::chrono::seconds>(*date - now);
  }
  if (!wait || wait->count() <= 0) return std::nullopt;
  return std::min(*wait, kLongestWait);
}

}  // namespace

Delivery deliveryOf(const std::optional<Response>& response, TimePoint now) {
  using Kind = Delivery::Kind;
  if (!response) return {Kind::later};
  const int status = response->status;
  if (status >= 200 && status < 300) return {Kind::delivered};
  if (status == 404 || status == 410) return {Kind::gone};
  if (status == 429 || status >= 500) return {Kind::later, retryAfter(*response, now)};
  return {Kind::refused};
}

}  // namespace tigress::notify
