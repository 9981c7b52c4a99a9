#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/random.h"
#include "tigress/result.h"

namespace tigress::client {

/// The key of one share, 16 or 32 bytes. It travels only in the fragment of the share link and never
/// reaches a relay. Moves and never copies, wipes its bytes when it ends, and cannot be printed:
/// `toFragment` is the one way out.
class TIGRESS_API Secret {
 public:
  enum class Size { bits128 = 16, bits256 = 32 };

  /// A fresh key. Drawn again until its base64 has neither `+` nor `/`, so that the standard and the
  /// URL-safe spelling are the same text; that costs about two of its bits.
  static Secret generate(Size size, const RandomSource& random);
  /// The key in a link's fragment, read as tolerantly as `repairFragment` of tigress/share_url.h.
  static Result<Secret> parse(std::string_view fragment);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Size size() const { return size_; }
  /// The 22 or 43 characters that stand behind the `#`. Whoever holds them opens the share: the text must
  /// go nowhere but into a share link.
  std::string toFragment() const;

 private:
  friend class SecretBytes;  // the library's own way in, client/src/secret_bytes.h

  Secret() = default;
  void wipe();

  Size size_ = Size::bits256;
  std::array<char, 32> bytes_{};
};

}  // namespace tigress::client
