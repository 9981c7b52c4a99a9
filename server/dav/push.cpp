#include "server/dav/push.h"

#include <algorithm>

#include "common/base64.h"
#include "common/dav_xml.h"
#include "common/text.h"
#include "server/dav/preconditions.h"
#include "server/dav/xml_refusal.h"
#include "server/share/registrations.h"
#include "tigress/json.h"

namespace tigress::dav {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

std::string element(std::string_view name, const std::string& inner) {
  return "<P:" + std::string(name) + " xmlns:P=\"" + std::string(kPushNamespace) + "\">" + inner +
         "</P:" + std::string(name) + ">";
}

// 403 with a precondition of the draft (section 3.1.3).
share::Outcome refusePush(std::string_view condition) {
  return {{403,
           {{"Content-Type", std::string(kXmlContentType)}, {"Cache-Control", "no-store"}},
           std::string(kDeclaration) + "<D:error xmlns:D=\"DAV:\">" + element(condition, {}) + "</D:error>"}};
}

// What a device is sent: that something has changed, and where. A device knows the topic from PROPFIND.
std::string pushMessage(const std::string& topic) {
  return std::string(kDeclaration) + "<push-message xmlns=\"" + std::string(kPushNamespace) + "\"><topic>" +
         topic + "</topic><content-update/></push-message>";
}

std::string endpointOf(const std::string& token) {
  const auto bytes = base64UrlDecode(token);
  const auto subscription = Json::parse(bytes ? *bytes : std::string());
  const std::string* endpoint = subscription ? subscription->findString("endpoint") : nullptr;
  return endpoint ? *endpoint : std::string();
}

// A subscription is known by its push resource (section 3.2): with other keys it is still the same one.
void renewKeys(share::Share& share, share::Party holder, const std::string& resource,
               const std::string& token) {
  for (share::PushRegistration& registration : share.registrations) {
    const bool same = registration.holder == holder && registration.type == share::kWebPush &&
                      endpointOf(registration.token) == resource;
    if (same) registration.token = token;
  }
}

std::string pathOf(const Uuid& share, const Uuid& registration) {
  return share::pathOf(share, share::Member::collection) + "push/" + registration.toString();
}

// The registration a URL of this share names.
std::optional<Uuid> registrationIn(const Call& call, std::string_view url) {
  const std::string& origin = call.context.rules.origin;
  if (!startsWith(url, origin)) return std::nullopt;
  const share::Target target = share::parseTarget(url.substr(origin.size()));
  if (target.kind != share::Target::Kind::registration || target.id != call.target.id) return std::nullopt;
  return target.registration;
}

// The texts of a list of quoted-strings (RFC 9110 sections 5.6.1 and 5.6.4). An address needs no escapes.
std::vector<std::string_view> quotedStrings(std::string_view list) {
  std::vector<std::string_view> texts;
  for (const std::string_view member : split(list, ',')) {
    const std::string_view text = trimmed(member);
    if (text.size() > 2 && text.front() == '"' && text.back() == '"')
      texts.push_back(text.substr(1, text.size() - 2));
  }
  return texts;
}

}  // namespace

bool offersPush(const share::Context& context) {
  return !context.push.webPushKey().empty();
}

share::Outcome registerPush(const Call& call) {
  const auto wanted = parsePushRegister(call.request.body);
  if (!wanted) return {toResponse(refuseXml(wanted.error()))};
  if (!offersPush(call.context)) return refusePush("push-not-available");
  if (!wanted->subscription) return refusePush("invalid-subscription");
  if (!wanted->contentUpdate) return refusePush("no-supported-trigger");
  const auto expires = parseHttpDate(wanted->expires);
  if (expires && *expires <= call.now) {
    return {toResponse(share::Refusal{share::RefusalCode::unprocessable, "expires is not in the future"})};
  }
  const auto& [resource, publicKey, authSecret] = *wanted->subscription;
  const std::string token = share::webPushToken(resource, publicKey, authSecret);
  if (call.context.push.supportOf(share::kWebPush, token) == share::PushSupport::none) {
    return refusePush("invalid-subscription");
  }
  share::Share next = *call.share;
  renewKeys(next, call.party, resource, token);
  share::PushRegistration registration;
  registration.holder = call.party;
  registration.type = share::kWebPush;
  registration.token = token;
  registration.message = pushMessage(pushTopic(next.id, call.context.sha256));
  registration.expires = expires.value_or(next.expires);
  const auto added = share::addRegistration(call.context, next, std::move(registration));
  if (!added) return refusePush("push-not-available");

  const bool renewed = share::findRegistration(*call.share, added->id, call.now) != nullptr;
  share::Outcome outcome{{renewed ? 204 : 201,
                          {{"Location", call.context.rules.origin + pathOf(next.id, added->id)},
                           {"Expires", formatHttpDate(added->expires)},
                           {"Cache-Control", "no-store"}},
                          {}}};
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

std::optional<share::Refusal> checkUnregister(const Call& call) {
  if (!call.share || !share::findRegistration(*call.share, call.target.registration, call.now)) {
    return share::Refusal{share::RefusalCode::notFound, "there is no such registration; it may have expired"};
  }
  return std::nullopt;
}

share::Outcome unregisterPush(const Call& call) {
  share::Share next = *call.share;
  share::removeRegistration(next, call.target.registration);
  share::Outcome outcome{{204, {{"Cache-Control", "no-store"}}, {}}};
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

share::Spared sparedBy(const Call& call) {
  share::Spared spared;
  spared.party = call.party;
  const auto header = call.request.headers.joined("Push-Dont-Notify");
  if (!header) return spared;
  spared.everyone = trimmed(*header) == "*" && call.share && !call.share->claims;
  for (const std::string_view url : quotedStrings(*header)) {
    if (const auto registration = registrationIn(call, url)) spared.registrations.push_back(*registration);
  }
  return spared;
}

std::string pushTransports(const std::string& vapidKey) {
  return element("web-push",
                 "<P:vapid-public-key type=\"p256ecdsa\">" + escapeXml(vapidKey) + "</P:vapid-public-key>");
}

std::string pushTopic(const Uuid& share, const Sha256& sha256) {
  return base64UrlEncode(sha256("tigress/v1/push-topic" + std::string(share.bytes())).substr(0, 16));
}

// With every change the collection's own content changes too, and its only member has no members: the depths
// 0, 1 and infinity are told of the same changes.
std::string pushTriggers() {
  return element("content-update", "<D:depth xmlns:D=\"DAV:\">1</D:depth>");
}

}  // namespace tigress::dav
