#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tigress/api.h"
#include "tigress/json.h"
#include "tigress/result.h"
#include "tigress/timestamp.h"

namespace tigress {

/// What a messaging app may show before the share is opened. Public: the relay reads it.
struct TIGRESS_API DisplayInformation {
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> imageUrl;

  friend bool operator==(const DisplayInformation& a, const DisplayInformation& b) {
    return a.title == b.title && a.description == b.description && a.imageUrl == b.imageUrl;
  }
};

/// The sealed part of a share: what only the holder of the Secret can open.
struct TIGRESS_API Payload {
  std::string type;  ///< kAes128Gcm or kAes256Gcm
  std::string data;  ///< standard base64 of IV || ciphertext || tag
};

inline constexpr std::string_view kAes128Gcm = "AEAD_AES_128_GCM";
inline constexpr std::string_view kAes256Gcm = "AEAD_AES_256_GCM";

/// share.json, the body of a share (draft-vinokurov-tigress-http): `payload`, `displayInformation`, and
/// members the relay does not know and keeps.
struct TIGRESS_API ShareDocument {
  Payload payload;
  DisplayInformation display;
};

/// What a creation may ask of the relay; never handed to the other device.
struct TIGRESS_API MailboxConfiguration {
  std::optional<TimePoint> expiration;
  std::optional<std::string> accessRights;   ///< letters of R, W, D, each at most once
  std::optional<std::string> claimVerifier;  ///< 32 bytes: SHA-256 of the key the first reader must prove
};

/// How a device wants to be told of changes; not looked into here.
struct TIGRESS_API NotificationToken {
  std::string type;
  std::string tokenData;
};

/// A share.json that also carries instructions to the relay.
struct TIGRESS_API CreationDocument {
  ShareDocument document;
  MailboxConfiguration configuration;
  std::optional<NotificationToken> notification;
  std::string stored;  ///< the body GET gives back: as sent, but without the relay's own members
};

/// Levels of nesting a share.json may have.
inline constexpr int kShareDocumentDepth = 16;

/// The `notificationToken` of a body; nothing if there is none or it is null. A malformed one is an empty
/// token of an empty type, which nobody supports: a share is not refused for the want of a push.
TIGRESS_API std::optional<NotificationToken> readNotificationToken(const Json& body);

/// The body of a PUT. Refuses what is not JSON, duplicate member names, a missing or malformed payload,
/// a `notificationToken` or `mailboxConfiguration` (the other device would read them).
TIGRESS_API Result<ShareDocument> parseShareDocument(std::string_view body);

/// The body of a creation by POST: the same, but `mailboxConfiguration` and `notificationToken` are
/// taken out for the relay.
TIGRESS_API Result<CreationDocument> parseCreationDocument(std::string_view body);

/// The JSON form: `payload`, then `displayInformation` if it has any member.
TIGRESS_API Json toJson(const ShareDocument& document);

}  // namespace tigress
