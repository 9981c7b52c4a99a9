#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "server/admission/attestation.h"
#include "server/admission/bearer_tokens.h"
#include "server/admission/client_address.h"
#include "server/admission/rate_limits.h"
#include "server/share/target.h"
#include "tigress/http_message.h"

namespace tigress::admission {

/// How full the machine is. Bytes are those of the store with its overhead.
struct StorageUse {
  std::uint64_t shares = 0;
  std::uint64_t bytes = 0;
  std::uint64_t freeDisk = UINT64_MAX;
};

/// When no more is taken in. A little more may get in than that: requests at the same time do not wait for
/// each other.
struct StorageLimits {
  std::uint64_t shares = UINT64_MAX;
  std::uint64_t bytes = UINT64_MAX;
  std::uint64_t freeDisk = 0;  ///< what must stay free
};

/// Who may make shares. Reading them never needs an account.
enum class CreatePolicy {
  open,      ///< everybody
  token,     ///< who brings a bearer token (RFC 6750)
  attested,  ///< a device that its maker vouches for, by POST
};

struct AdmissionSettings {
  bool rateLimits = false;
  Budgets budgets;
  std::size_t networks = 1;  ///< places of RateLimits
  TrustedProxies proxies;
  StorageLimits storage;
  CreatePolicy createPolicy = CreatePolicy::open;
  AttestationPolicy attestation = {};
  std::string host = {};  ///< what attestations name the relay by: the authority of its public origin
};

/// What an admission needs of the machine.
struct AdmissionParts {
  Sha256 sha256;
  RandomSource random;
  std::function<StorageUse()> storageUse = [] { return StorageUse(); };
  /// The tokens of this moment, for CreatePolicy::token.
  std::function<std::shared_ptr<const BearerTokens>()> tokens = {};
  /// The time that certificates are checked at, for CreatePolicy::attested.
  std::function<TimePoint()> clock = {};
};

/// A request, and where it came from.
struct Visit {
  const Request& request;
  const share::Target& target;
  IpAddress client;  ///< the answer of Admission::clientOf
  Moment now;
  bool whole = true;  ///< false: the body is still to come
};

/// What stands before the dialects: whether a request may be looked at now. Any thread may call.
///
/// A request is charged to one budget, which its answer decides, and a target that names no share is free:
/// a messenger that fetches each prefix of a link while it is typed leaves the link's own budget whole.
class Admission {
 public:
  Admission(AdmissionSettings settings, AdmissionParts parts, Moment now);

  IpAddress clientOf(const IpAddress& peer, const Headers& headers) const;

  /// The answer to a request that is not let in, or nothing: 429 with Retry-After, RateLimit-Policy and
  /// RateLimit (draft-ietf-httpapi-ratelimit-headers-10), 401 if this client may not make shares, 507 if
  /// there is no room. For a whole request and for a head alone.
  std::optional<Response> refuse(const Visit& visit);
  /// Whether a request that was not refused brings an attestation, for `verify` to look at.
  bool mustVerify(const Visit& visit) const;
  /// The answer to a request whose attestation does not hold, or nothing. Takes milliseconds.
  std::optional<Response> verify(const Visit& visit);
  /// To be called once for each answer that neither of them gave.
  void charge(const Visit& visit, const Response& answer);

 private:
  std::optional<Response> refuseByPolicy(const Visit& visit) const;
  std::optional<Response> refuseUnattested(const Visit& visit) const;

  const AdmissionSettings settings_;
  const AdmissionParts parts_;
  std::optional<RateLimits> limits_;
};

}  // namespace tigress::admission
