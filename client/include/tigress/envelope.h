#pragma once

#include "tigress/api.h"
#include "tigress/failure.h"
#include "tigress/json.h"
#include "tigress/random.h"
#include "tigress/result.h"
#include "tigress/secret.h"
#include "tigress/share_document.h"

// The envelope around one message. `data` is standard base64 of IV (12 bytes) || ciphertext || tag (16
// bytes), sealed by AES-128-GCM under a Secret of 16 bytes and by AES-256-GCM under one of 32, without
// associated data. The plaintext is 32 blanks, the message as JSON, and blanks up to the next of 1, 2, 4, …
// KiB, so that its length tells nothing about the kind of credential. The leading blanks bind the
// ciphertext to one key: without them a sender could make one payload that opens differently under two.

namespace tigress::client {

/// Seals a message. The IV is drawn here, anew for each call: a message that must be sent again is sent
/// as it was sealed, never sealed again.
TIGRESS_API Payload seal(const Secret& secret, const Json& message, const RandomSource& random);

/// The message in a payload. Whatever is wrong, its type, its base64, the key, a flipped bit, the JSON
/// inside, a member that stands twice, the failure is the same wrongKeyOrAltered. Leading blanks may be
/// missing unless the message has a `tigress` member: other implementations of the draft send none. Within
/// that member whole messages may stand, each as deep as a message may be.
TIGRESS_API Result<Json, Failure> open(const Secret& secret, const Payload& payload);

/// That failure, for those who look further into an opened message.
TIGRESS_API Failure wrongKeyOrAltered();

}  // namespace tigress::client
