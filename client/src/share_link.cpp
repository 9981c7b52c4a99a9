#include "tigress/share_link.h"

namespace tigress::client {

Result<ShareLink, Failure> ShareLink::parse(std::string_view text) {
  auto url = parseShareUrl(text);
  if (!url) return Failure{FailureCode::linkIncomplete, url.error().detail};
  auto secret = Secret::parse(fragmentOf(text));
  if (!secret) return Failure{FailureCode::linkIncomplete, secret.error().detail};
  return ShareLink{std::move(*url), *std::move(secret)};
}

std::string ShareLink::reveal() const {
  return url.toString() + "#" + secret.toFragment();
}

}  // namespace tigress::client
