#include "common/dav_xml.h"

#include <algorithm>

#include "common/text.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {
namespace {

// A lockinfo that declares no more than the owner declares by itself: the prefix of its own name.
std::string lockInfoWith(const std::string& owner) {
  const std::string name = owner.substr(1, owner.find_first_of(" />") - 1);
  const std::size_t colon = name.find(':');
  const std::string prefix = colon == std::string::npos ? "" : name.substr(0, colon + 1);
  const std::string declaration = colon == std::string::npos ? "xmlns" : "xmlns:" + name.substr(0, colon);
  return "<" + prefix + "lockinfo " + declaration + "=\"DAV:\"><" + prefix + "lockscope><" + prefix +
         "shared/></" + prefix + "lockscope><" + prefix + "locktype><" + prefix + "write/></" + prefix +
         "locktype>" + owner + "</" + prefix + "lockinfo>";
}

bool hasManyAttributes(std::string_view text) {
  return std::count(text.begin(), text.end(), '=') >= kXmlAttributes;
}

void checkLockInfo(std::string_view bytes) {
  const auto info = parseLockInfo(bytes);
  if (!info) {
    promise(!info.error().detail.empty(), "a refusal says why");
    return;
  }
  if (info->owner.empty() || hasManyAttributes(info->owner)) return;
  promise(isUtf8(info->owner), "an owner is UTF-8, whatever it came in");
  const auto again = parseLockInfo(lockInfoWith(info->owner));
  promise(static_cast<bool>(again), "an owner stands by itself");
  promise(again->owner == info->owner, "an owner is kept to the letter");
}

void checkPropfind(std::string_view bytes) {
  const auto propfind = parsePropfind(bytes);
  if (!propfind) return;
  const auto& names = propfind->names;
  if (propfind->kind == Propfind::Kind::prop && !names.empty()) {
    const auto again = parsePropfind(formatPropfind(names));
    promise(again && again->names == names, "property names can be written and read again");
  }
  PropertyResponse response{"/v1/", {{404, {}, ""}}};
  for (const PropertyName& name : names) {
    promise(!name.local.empty(), "a property has a name");
    response.groups.front().properties.push_back({name, ""});
  }
  const std::string multistatus = formatMultistatus({response});
  promise(isUtf8(multistatus), "an answer is UTF-8");
  promise(lockTokensIn(multistatus).empty(), "names are no lock tokens");
}

}  // namespace

void davXml(std::string_view bytes) {
  checkLockInfo(bytes);
  checkPropfind(bytes);
  if (const auto update = parsePropertyUpdate(bytes)) {
    for (const PropertyName& name : *update) promise(!name.local.empty(), "a property has a name");
  }
  lockTokensIn(bytes);
  davPropertyText(bytes, "getetag");
  const auto written = parseLockInfo(formatLockInfo(LockScope::shared, bytes));
  promise(written && written->scope == LockScope::shared, "any bytes can be an owner");
}

}  // namespace tigress::fuzz
