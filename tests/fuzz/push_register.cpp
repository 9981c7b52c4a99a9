#include "common/dav_xml.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {

void pushRegister(std::string_view bytes) {
  const auto wanted = parsePushRegister(bytes);
  if (!wanted) {
    promise(!wanted.error().detail.empty(), "a refusal says why");
    return;
  }
  if (!wanted->subscription) return;
  const auto& [resource, publicKey, authSecret] = *wanted->subscription;
  promise(!resource.empty() && !publicKey.empty() && !authSecret.empty(), "a subscription is whole");
  // A carriage return that was written as a reference would be read back as a line end.
  if ((resource + publicKey + authSecret + wanted->expires).find('\r') != std::string::npos) return;
  // What was read is what was meant: written in the plainest way it is read as the same.
  const std::string plain = "<push-register xmlns=\"" + std::string(kPushNamespace) +
                            "\"><subscription><web-push-subscription><push-resource>" + escapeXml(resource) +
                            "</push-resource><subscription-public-key type=\"p256dh\">" +
                            escapeXml(publicKey) + "</subscription-public-key><auth-secret>" +
                            escapeXml(authSecret) + "</auth-secret></web-push-subscription></subscription>" +
                            (wanted->contentUpdate ? "<trigger><content-update/></trigger>" : "") +
                            "<expires>" + escapeXml(wanted->expires) + "</expires></push-register>";
  const auto again = parsePushRegister(plain);
  promise(again && again->subscription, "it can be written again");
  promise(again->subscription->resource == resource && again->subscription->publicKey == publicKey &&
              again->subscription->authSecret == authSecret,
          "and is then the same");
  promise(again->contentUpdate == wanted->contentUpdate && again->expires == wanted->expires,
          "with all that was asked for");
}

}  // namespace tigress::fuzz
