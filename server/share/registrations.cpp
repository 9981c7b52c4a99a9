#include "server/share/registrations.h"

#include <algorithm>

#include "common/base64.h"
#include "server/share/context.h"
#include "server/share/outcome.h"
#include "tigress/json.h"

namespace tigress::share {
namespace {

template <class Condition>
bool eraseIf(std::vector<PushRegistration>& registrations, const Condition& condition) {
  const auto kept = std::remove_if(registrations.begin(), registrations.end(), condition);
  const bool any = kept != registrations.end();
  registrations.erase(kept, registrations.end());
  return any;
}

bool isTokenOf(const PushRegistration& registration, Party holder) {
  return registration.holder == holder && registration.message.empty();
}

// What a device that waits would want to look at.
bool isNews(const Share& before, const Change& change) {
  if (!change.next || change.next->stage != before.stage) return true;
  const Share& next = *change.next;
  const bool rebound =
      before.claims && next.claims && before.claims->receiver.claim != next.claims->receiver.claim;
  return rebound || before.etag != next.etag;
}

bool isSpared(const PushRegistration& registration, const Spared& spared) {
  if (spared.everyone) return true;
  if (registration.holder != Party::stranger && registration.holder == spared.party) return true;
  const auto& ids = spared.registrations;
  return std::find(ids.begin(), ids.end(), registration.id) != ids.end();
}

bool hasEnded(const Change& change) {
  return !change.next || change.next->stage == Stage::ended;
}

}  // namespace

std::string webPushToken(const std::string& endpoint, const std::string& p256dh, const std::string& auth) {
  return base64UrlEncode(
      Json(Json::Object{{"endpoint", endpoint}, {"keys", Json::Object{{"p256dh", p256dh}, {"auth", auth}}}})
          .dump());
}

std::optional<PushRegistration> addRegistration(const Context& context, Share& share,
                                                PushRegistration registration) {
  const RegistrationLimits& limits = context.rules.registrations;
  // Asked even if it is too long, so that what was refused is counted in one place.
  const PushSupport support = context.push.supportOf(registration.type, registration.token);
  if (support == PushSupport::none || registration.token.size() > limits.tokenBytes) return std::nullopt;
  registration.expires = std::min(registration.expires, share.expires);
  const auto same =
      std::find_if(share.registrations.begin(), share.registrations.end(), [&](const auto& other) {
        return other.holder == registration.holder && other.type == registration.type &&
               other.token == registration.token;
      });
  if (same != share.registrations.end()) {
    registration.id = same->id;
    *same = registration;
    return registration;
  }
  if (share.registrations.size() >= limits.perShare) return std::nullopt;
  registration.id = Uuid::random(context.random);
  share.registrations.push_back(registration);
  return registration;
}

bool registerToken(const Context& context, Share& share, Party holder, const NotificationToken& token) {
  PushRegistration registration;
  registration.holder = holder;
  registration.type = token.type;
  registration.token = token.tokenData;
  registration.expires = share.expires;
  // Strangers are many: none of them may put out another's.
  if (holder != Party::stranger)
    eraseIf(share.registrations, [&](const auto& r) { return isTokenOf(r, holder); });
  return addRegistration(context, share, std::move(registration)) &&
         context.push.supportOf(token.type, token.tokenData) == PushSupport::full;
}

bool pushesTo(const Context& context, const Share& share, Party holder) {
  if (holder == Party::stranger) return false;
  return std::any_of(share.registrations.begin(), share.registrations.end(), [&](const auto& registration) {
    return isTokenOf(registration, holder) &&
           context.push.supportOf(registration.type, registration.token) == PushSupport::full;
  });
}

const PushRegistration* findRegistration(const Share& share, const Uuid& id, TimePoint now) {
  for (const PushRegistration& registration : share.registrations) {
    if (registration.id == id && now < registration.expires) return &registration;
  }
  return nullptr;
}

bool removeRegistration(Share& share, const Uuid& id) {
  return eraseIf(share.registrations, [&](const auto& registration) { return registration.id == id; });
}

void removeRegistrationsOf(Share& share, Party holder) {
  eraseIf(share.registrations, [&](const auto& registration) { return registration.holder == holder; });
}

std::vector<PushRegistration> toldOf(const Share& before, const Change& change, const Spared& spared,
                                     TimePoint now) {
  std::vector<PushRegistration> told;
  if (before.registrations.empty() || !isNews(before, change)) return told;
  for (const PushRegistration& registration : before.registrations) {
    if (now >= registration.expires || isSpared(registration, spared)) continue;
    if (hasEnded(change) || findRegistration(*change.next, registration.id, now))
      told.push_back(registration);
  }
  return told;
}

}  // namespace tigress::share
