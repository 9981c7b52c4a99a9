#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/notify/crypto.h"

namespace tigress::notify {

/// A Web Push message for one subscription (RFC 8291): the content coding aes128gcm (RFC 8188) with one
/// record. `receiver` is the subscription's p256dh (65 bytes), `secret` its auth (16 bytes), `sender` a key
/// of this message alone and `salt` 16 random bytes. Nothing if the receiver's key is no point of P-256, or
/// the plaintext is too long for one record of 4096 bytes.
std::optional<std::string> encryptMessage(std::string_view plaintext, std::string_view receiver,
                                          std::string_view secret, const EcKey& sender,
                                          std::string_view salt);

}  // namespace tigress::notify
