#include "tigress/share_link.h"

#include "common/base64.h"
#include "common/text.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {
namespace {

void checkOrigin(std::string_view bytes) {
  const auto origin = parseOrigin(bytes);
  if (!origin) {
    promise(!origin.error().detail.empty(), "a refusal says why");
    return;
  }
  const auto again = parseOrigin(*origin);
  promise(again && *again == *origin, "an origin has one spelling");
  const bool onThisMachine = startsWith(*origin, "http://localhost") || startsWith(*origin, "http://127.") ||
                             startsWith(*origin, "http://[::1]");
  promise(startsWith(*origin, "https://") || onThisMachine, "a share travels by https, or not at all");
}

void checkUrl(std::string_view bytes) {
  const auto url = parseShareUrl(bytes);
  if (!url) return;
  const std::string address = url->toString();
  promise(address.find('#') == std::string::npos, "an address has no fragment");
  const auto again = parseShareUrl(address);
  promise(again && *again == *url, "an address can be written and read again");
  const auto document = parseShareUrl(url->document());
  promise(document && document->id == url->id && document->origin == url->origin,
          "the document is the same share's");
  promise(static_cast<bool>(parseOrigin(url->origin)), "an address has an origin");
}

void checkFragment(std::string_view bytes) {
  const auto secret = repairFragment(bytes);
  if (!secret) return;
  const auto raw = base64Decode(*secret);
  promise(raw && (raw->size() == 16 || raw->size() == 32), "a secret has 16 or 32 bytes");
  std::string escaped;
  for (const char c : *secret) escaped += c == '+' ? "%2B" : c == '/' ? "%2f" : std::string(1, c);
  for (const std::string& spelling :
       {*secret, *secret + "=", *secret + ").", escaped, base64UrlEncode(*raw)}) {
    const auto again = repairFragment(spelling);
    promise(again && *again == *secret, "every spelling of a secret is the same secret");
  }
}

void checkLink(std::string_view bytes) {
  const auto link = client::ShareLink::parse(bytes);
  const bool whole = parseShareUrl(bytes) && repairFragment(fragmentOf(bytes));
  promise(static_cast<bool>(link) == whole, "a link is an address and a secret");
  if (!link) {
    promise(link.error().code == client::FailureCode::linkIncomplete, "and anything else is incomplete");
    return;
  }
  const auto again = client::ShareLink::parse(link->reveal());
  promise(again && again->reveal() == link->reveal(), "a link can be handed on");
}

}  // namespace

void shareLink(std::string_view bytes) {
  checkOrigin(bytes);
  checkUrl(bytes);
  checkFragment(bytes);
  checkLink(bytes);
}

}  // namespace tigress::fuzz
