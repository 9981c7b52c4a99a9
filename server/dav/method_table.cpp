#include "server/dav/method_table.h"

namespace tigress::dav {
namespace {

using Kind = share::Target::Kind;

constexpr Kinds kRoot = kindBit(Kind::root);
constexpr Kinds kFactory = kindBit(Kind::factory);
constexpr Kinds kNew = kindBit(Kind::newDocument);
constexpr Kinds kCollection = kindBit(Kind::collection);
constexpr Kinds kDocument = kindBit(Kind::document);
constexpr Kinds kOther = kindBit(Kind::otherMember);
constexpr Kinds kShare = kCollection | kDocument;

// UNLOCK of another member is let through to say 409 "not locked here" (RFC 4918 section 9.11.1).
// MKCOL is never listed: a collection that is there does not take it.
// COPY and MOVE are methods of WebDAV that no resource here takes: 405, not 501.
constexpr Method kMethods[] = {
    {"OPTIONS", kRoot | kFactory | kShare | kOther, kRoot | kFactory | kShare | kOther, checkOptions,
     runOptions},
    {"GET", kShare, kShare | kRoot, checkGet, runGet},
    {"HEAD", kShare, kShare | kRoot, checkGet, runGet},
    {"POST", kFactory, kFactory, checkPost, runPost},
    {"PUT", kDocument | kNew, kDocument | kNew, checkPut, runPut},
    {"DELETE", kShare, kShare, checkDelete, runDelete},
    {"PROPFIND", kRoot | kFactory | kShare, kRoot | kFactory | kShare, checkPropfind, runPropfind},
    {"PROPPATCH", kShare, kShare, checkProppatch, runProppatch},
    {"LOCK", kShare, kShare, checkLock, runLock},
    {"UNLOCK", kShare | kOther, kShare, checkUnlock, runUnlock},
    {"MKCOL", kCollection, 0, checkMkcol, runMkcol},
    {"COPY", 0, 0, nullptr, nullptr},
    {"MOVE", 0, 0, nullptr, nullptr},
    {"PATCH", 0, 0, nullptr, nullptr},
};

}  // namespace

const Method* findMethod(std::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::string allowed(share::Target::Kind kind) {
  std::string list;
  for (const Method& method : kMethods) {
    if ((method.listed & kindBit(kind)) == 0) continue;
    if (!list.empty()) list += ", ";
    list += method.name;
  }
  return list;
}

}  // namespace tigress::dav
