#include "server/admission/admission.h"

#include <algorithm>

#include "server/share/outcome.h"

namespace tigress::admission {
namespace {

using Kind = share::Target::Kind;

constexpr std::string_view kAttestation = "Mailbox-Device-Attestation";

struct Way {
  Kind kind;
  std::string_view method;
};

// All ways to get a share that was not there.
constexpr Way kCreations[] = {{Kind::factory, "POST"},
                              {Kind::mailboxes, "POST"},
                              {Kind::newDocument, "PUT"},
                              {Kind::collection, "MKCOL"}};

bool creates(const Visit& visit) {
  return std::any_of(std::begin(kCreations), std::end(kCreations), [&](const Way& way) {
    return way.kind == visit.target.kind && way.method == visit.request.method;
  });
}

bool reads(const Visit& visit) {
  const std::string& method = visit.request.method;
  if (method == "POST") return visit.target.kind != Kind::collection;  // claims and reads
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PROPFIND";
}

bool storesContent(const Visit& visit) {
  return creates(visit) || (visit.request.method == "PUT" && share::namesShare(visit.target));
}

bool bringsCredentials(const Request& request) {
  return request.headers.has("Mailbox-Device-Claim") || request.headers.has("Authorization");
}

// What a request is for, as far as it can be told before its answer. Nothing: it is free.
std::optional<Spending> purposeOf(const Visit& visit) {
  if (creates(visit)) return Spending::creates;
  // Beside pages and files, which cost little: the answer to a PROPFIND grows with its question.
  if (!share::namesShare(visit.target) && visit.request.method != "PROPFIND") return std::nullopt;
  return reads(visit) ? Spending::reads : Spending::changes;
}

Response tooManyRequests(const Exhausted& exhausted) {
  const std::string name = '"' + std::string(nameOf(exhausted.spending)) + '"';
  const std::string wait = std::to_string(exhausted.retryAfter.count());
  Response response = toResponse(share::Refusal{
      share::RefusalCode::tooManyRequests,
      "your network has sent too many requests of this kind; wait " + wait + " s, as Retry-After says"});
  response.headers.add("Retry-After", wait);
  response.headers.add("RateLimit-Policy", name + ";q=" + std::to_string(exhausted.budget.requests) +
                                               ";w=" + std::to_string(exhausted.budget.window.count()));
  response.headers.add("RateLimit", name + ";r=0;t=" + wait);
  return response;
}

// RFC 6750 section 3
Response needsToken(std::string challenge) {
  Response response = toResponse(share::Refusal{
      share::RefusalCode::unauthorized,
      "on this relay shares are made by those who have a token: send it as Authorization: Bearer TOKEN",
      {},
      {},
      {},
      share::kCreatePolicyProblem});
  response.headers.set("WWW-Authenticate", std::move(challenge));
  return response;
}

Response unattested(share::RefusalCode code, std::string detail) {
  Response response =
      toResponse(share::Refusal{code, std::move(detail), {}, {}, {}, share::kCreatePolicyProblem});
  if (response.status == 401) response.headers.set("WWW-Authenticate", std::string(kAttestation));
  return response;
}

std::optional<Response> refuseStorage(const StorageLimits& limits, const StorageUse& use) {
  const bool full =
      use.shares >= limits.shares || use.bytes >= limits.bytes || use.freeDisk < limits.freeDisk;
  if (!full) return std::nullopt;
  return toResponse(share::noRoom());
}

}  // namespace

Admission::Admission(AdmissionSettings settings, AdmissionParts parts, Moment now)
    : settings_(std::move(settings)), parts_(std::move(parts)) {
  if (settings_.rateLimits) limits_.emplace(settings_.budgets, settings_.networks, parts_.random, now);
}

IpAddress Admission::clientOf(const IpAddress& peer, const Headers& headers) const {
  return clientAddress(peer, headers, settings_.proxies);
}

std::optional<Response> Admission::refuse(const Visit& visit) {
  const auto purpose = purposeOf(visit);
  if (!purpose) return std::nullopt;
  if (limits_) {
    const auto check = [&](Spending spending) { return limits_->check(spending, visit.client, visit.now); };
    auto exhausted = check(*purpose);
    if (*purpose != Spending::creates) {
      if (!exhausted) exhausted = check(Spending::misses);
      if (!exhausted && bringsCredentials(visit.request)) exhausted = check(Spending::wrongClaims);
    }
    if (exhausted) return tooManyRequests(*exhausted);
  }
  if (creates(visit)) {
    if (auto refused = refuseByPolicy(visit)) {
      if (limits_) limits_->charge(*purpose, visit.client, visit.now);
      return refused;
    }
  }
  return storesContent(visit) ? refuseStorage(settings_.storage, parts_.storageUse()) : std::nullopt;
}

std::optional<Response> Admission::refuseByPolicy(const Visit& visit) const {
  switch (settings_.createPolicy) {
    case CreatePolicy::open:
      return std::nullopt;
    case CreatePolicy::token: {
      const auto token = bearerToken(visit.request.headers);
      if (!token) return needsToken(R"(Bearer realm="create")");
      if (holds(*parts_.tokens(), *token, parts_.sha256)) return std::nullopt;
      return needsToken(R"(Bearer realm="create", error="invalid_token")");
    }
    case CreatePolicy::attested:
      return refuseUnattested(visit);
  }
  return std::nullopt;
}

std::optional<Response> Admission::refuseUnattested(const Visit& visit) const {
  const Request& request = visit.request;
  // A PUT or MKCOL makes room for content that comes later, and that nobody would have attested.
  if (request.method != "POST")
    return unattested(share::RefusalCode::forbidden,
                      "on this relay shares are made by POST, with Mailbox-Device-Attestation");
  if (!request.headers.has(kAttestation))
    return unattested(
        share::RefusalCode::unauthorized,
        "on this relay shares are made by devices that are vouched for: send Mailbox-Device-Attestation");
  // With these a request that is sent again makes no second share (and an attestation is worth one share).
  if (!request.headers.has("Mailbox-Device-Claim") || !request.headers.has("Mailbox-Request-ID"))
    return unattested(share::RefusalCode::unauthorized,
                      "an attested request needs Mailbox-Device-Claim and Mailbox-Request-ID");
  return std::nullopt;
}

bool Admission::mustVerify(const Visit& visit) const {
  return settings_.createPolicy == CreatePolicy::attested && visit.whole && creates(visit);
}

std::optional<Response> Admission::verify(const Visit& visit) {
  const Request& request = visit.request;
  const auto verified = verifyAttestation(
      settings_.attestation, request.headers.joined(kAttestation).value_or(""),
      attestationChallenge(request, settings_.host, parts_.sha256), parts_.sha256, parts_.clock());
  if (verified) return std::nullopt;
  if (limits_) limits_->charge(Spending::creates, visit.client, visit.now);
  return unattested(share::RefusalCode::unauthorized, verified.error().detail);
}

void Admission::charge(const Visit& visit, const Response& answer) {
  auto spending = purposeOf(visit);
  if (!limits_ || !spending) return;
  if (*spending != Spending::creates) {
    if (answer.status == 404) spending = Spending::misses;
    if (answer.status == 401 && bringsCredentials(visit.request)) spending = Spending::wrongClaims;
  }
  limits_->charge(*spending, visit.client, visit.now);
}

}  // namespace tigress::admission
