#include "tigress/envelope.h"

#include "client/src/cryptography.h"
#include "client/src/secret_bytes.h"
#include "common/base64.h"
#include "common/text.h"
#include "tigress/provisioning_information.h"

namespace tigress::client {
namespace {

const std::string kCommitment(32, ' ');
constexpr std::size_t kSmallestPlaintext = 1024;
// The message, its member `tigress` and the array `earlier`, around a message that is repeated.
constexpr int kLevelsAroundEarlier = 3;

std::string_view typeFor(const Secret& secret) {
  return secret.size() == Secret::Size::bits128 ? kAes128Gcm : kAes256Gcm;
}

std::string padded(std::string_view message) {
  std::string plaintext = kCommitment;
  plaintext += message;
  std::size_t size = kSmallestPlaintext;
  while (size < plaintext.size()) size *= 2;
  plaintext.resize(size, ' ');
  return plaintext;
}

// A text that is deeper than a message may be only where it repeats others.
Result<Json> parseMessage(std::string_view text) {
  auto message = Json::parse(text, ProvisioningInformation::kDepth);
  if (message) return message;
  auto deeper = Json::parse(text, ProvisioningInformation::kDepth + kLevelsAroundEarlier);
  if (!deeper || !deeper->find("tigress")) return message;
  Json alone = *deeper;
  alone.erase("tigress");
  if (!Json::parse(alone.dump(), ProvisioningInformation::kDepth)) return message;
  return deeper;
}

}  // namespace

Payload seal(const Secret& secret, const Json& message, const RandomSource& random) {
  const std::string iv = randomBytes(random, kIvSize);
  std::string plaintext = padded(message.dump());
  const std::string sealed = aesGcmEncrypt(SecretBytes::of(secret), iv, plaintext);
  wipe(plaintext);
  return {std::string(typeFor(secret)), base64Encode(iv + sealed)};
}

Result<Json, Failure> open(const Secret& secret, const Payload& payload) {
  if (payload.type != typeFor(secret)) return wrongKeyOrAltered();
  const auto data = base64Decode(payload.data);
  if (!data || data->size() < kIvSize + kTagSize) return wrongKeyOrAltered();
  auto plaintext = aesGcmDecrypt(SecretBytes::of(secret), std::string_view(*data).substr(0, kIvSize),
                                 std::string_view(*data).substr(kIvSize));
  if (!plaintext) return wrongKeyOrAltered();
  auto message = parseMessage(*plaintext);
  const bool committed = startsWith(*plaintext, kCommitment);
  wipe(*plaintext);
  if (!message || (message->find("tigress") && !committed)) return wrongKeyOrAltered();
  return *std::move(message);
}

Failure wrongKeyOrAltered() {
  return {FailureCode::wrongKeyOrAltered, "the content does not open: the key is wrong, or it was altered"};
}

}  // namespace tigress::client
