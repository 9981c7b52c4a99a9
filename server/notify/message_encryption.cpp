#include "server/notify/message_encryption.h"

namespace tigress::notify {
namespace {

constexpr std::size_t kRecordSize = 4096;
constexpr std::size_t kTagBytes = 16;
constexpr char kLastRecord = '\x02';

std::string bigEndian(std::size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((number >> shift) & 255U);
  return bytes;
}

// A text of RFC 8188 or 8291 with the NUL at its end.
std::string info(std::string_view text) {
  return std::string(text) + '\0';
}

}  // namespace

std::optional<std::string> encryptMessage(std::string_view plaintext, std::string_view receiver,
                                          std::string_view secret, const EcKey& sender,
                                          std::string_view salt) {
  if (plaintext.size() + 1 + kTagBytes > kRecordSize) return std::nullopt;
  const auto shared = sender.agree(receiver);
  if (!shared) return std::nullopt;
  const std::string point = sender.publicPoint();
  const std::string key =
      hkdfSha256(secret, *shared, info("WebPush: info") + std::string(receiver) + point, 32);
  const std::string contentKey = hkdfSha256(salt, key, info("Content-Encoding: aes128gcm"), 16);
  const std::string nonce = hkdfSha256(salt, key, info("Content-Encoding: nonce"), 12);
  return std::string(salt) + bigEndian(kRecordSize) + static_cast<char>(point.size()) + point +
         sealAes128Gcm(contentKey, nonce, std::string(plaintext) + kLastRecord);
}

}  // namespace tigress::notify
