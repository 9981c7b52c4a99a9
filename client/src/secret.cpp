#include "tigress/secret.h"

#include <algorithm>

#include "client/src/cryptography.h"
#include "client/src/secret_bytes.h"
#include "common/base64.h"
#include "tigress/share_url.h"

namespace tigress::client {

Secret Secret::generate(Size size, const RandomSource& random) {
  Secret secret;
  secret.size_ = size;
  std::string fragment;
  do {
    client::wipe(fragment);
    random(secret.bytes_.data(), static_cast<std::size_t>(size));
    fragment = secret.toFragment();
  } while (fragment.find_first_of("+/") != std::string::npos);
  client::wipe(fragment);
  return secret;
}

Result<Secret> Secret::parse(std::string_view fragment) {
  auto text = repairFragment(fragment);
  if (!text) return text.error();
  std::string bytes = base64Decode(*text).value();
  Secret secret;
  secret.size_ = bytes.size() == static_cast<std::size_t>(Size::bits128) ? Size::bits128 : Size::bits256;
  std::copy(bytes.begin(), bytes.end(), secret.bytes_.begin());
  client::wipe(bytes);
  client::wipe(*text);
  return secret;
}

Secret::Secret(Secret&& other) noexcept : size_(other.size_), bytes_(other.bytes_) {
  other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    size_ = other.size_;
    bytes_ = other.bytes_;
    other.wipe();
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

std::string Secret::toFragment() const {
  std::string text = base64Encode(SecretBytes::of(*this));
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

void Secret::wipe() {
  client::wipe(bytes_.data(), bytes_.size());
}

}  // namespace tigress::client
