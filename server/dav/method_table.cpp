#include "server/dav/method_table.h"

namespace tigress::dav {
namespace {

using Kind = share::Target::Kind;
using share::Access;

constexpr Kinds kRoot = kindBit(Kind::root);
constexpr Kinds kFactory = kindBit(Kind::factory);
constexpr Kinds kNew = kindBit(Kind::newDocument);
constexpr Kinds kCollection = kindBit(Kind::collection);
constexpr Kinds kDocument = kindBit(Kind::document);
constexpr Kinds kOther = kindBit(Kind::otherMember);
constexpr Kinds kRegistration = kindBit(Kind::registration);
constexpr Kinds kShare = kCollection | kDocument;

// UNLOCK of another member is let through to say 409 "not locked here" (RFC 4918 section 9.11.1).
// MKCOL is never listed: a collection that is there does not take it.
// POST of a document decides by itself who may: it is how a device becomes a bound one. So does GET, as a
// share's status is everybody's.
// COPY and MOVE are methods of WebDAV that no resource here takes: 405, not 501.
constexpr Method kMethods[] = {
    {"OPTIONS", kRoot | kFactory | kShare | kOther | kRegistration,
     kRoot | kFactory | kShare | kOther | kRegistration, Access::anyone, checkOptions, runOptions},
    {"GET", kShare, kShare | kRoot, Access::anyone, checkGet, runGet},
    {"HEAD", kShare, kShare | kRoot, Access::anyone, checkGet, runGet},
    {"POST", kFactory | kShare, kFactory | kShare, Access::anyone, checkPost, runPost},
    {"PUT", kDocument | kNew, kDocument | kNew, Access::write, checkPut, runPut},
    {"DELETE", kShare | kRegistration, kShare | kRegistration, Access::remove, checkDelete, runDelete},
    {"PROPFIND", kRoot | kFactory | kShare, kRoot | kFactory | kShare, Access::anyone, checkPropfind,
     runPropfind},
    {"PROPPATCH", kShare, kShare, Access::write, checkProppatch, runProppatch},
    {"LOCK", kShare, kShare, Access::govern, checkLock, runLock},
    {"UNLOCK", kShare | kOther, kShare, Access::govern, checkUnlock, runUnlock},
    {"MKCOL", kCollection, 0, Access::anyone, checkMkcol, runMkcol},
    {"COPY", 0, 0, Access::anyone, nullptr, nullptr},
    {"MOVE", 0, 0, Access::anyone, nullptr, nullptr},
    {"PATCH", 0, 0, Access::anyone, nullptr, nullptr},
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
