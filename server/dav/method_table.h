#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/dav/call.h"

namespace tigress::dav {

/// Why a request is refused before its body is looked at; nothing if it may go on.
using CheckFunction = std::optional<share::Refusal> (*)(const Call&);
/// The answer, once the check let the request pass and its body is complete.
using RunFunction = share::Outcome (*)(const Call&);

/// A set of target kinds.
using Kinds = unsigned;
constexpr Kinds kindBit(share::Target::Kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

/// One method of the dialect.
struct Method {
  std::string_view name;
  Kinds kinds;           ///< where it can be used
  Kinds listed;          ///< where Allow names it: where it can succeed on what is there
  share::Access access;  ///< what it wants of a claimed share
  CheckFunction check;
  RunFunction run;
};

/// The method of that name (names are case-sensitive), null if the dialect has none.
const Method* findMethod(std::string_view name);

/// The value of Allow for a kind of target, printed from the table; names separated by ", " because one
/// client splits at the comma only when a blank follows.
std::string allowed(share::Target::Kind kind);

// One file per method: method_<name>.cpp. `check` first, `run` only if it found nothing.

std::optional<share::Refusal> checkDelete(const Call& call);
std::optional<share::Refusal> checkGet(const Call& call);
std::optional<share::Refusal> checkLock(const Call& call);
std::optional<share::Refusal> checkMkcol(const Call& call);
std::optional<share::Refusal> checkOptions(const Call& call);
std::optional<share::Refusal> checkPost(const Call& call);
std::optional<share::Refusal> checkPropfind(const Call& call);
std::optional<share::Refusal> checkProppatch(const Call& call);
std::optional<share::Refusal> checkPut(const Call& call);
std::optional<share::Refusal> checkUnlock(const Call& call);

share::Outcome runDelete(const Call& call);
share::Outcome runGet(const Call& call);
share::Outcome runLock(const Call& call);
/// The answer to a LOCK that was done before, from the locks there are now.
share::Outcome repeatLock(const Call& call);
share::Outcome runMkcol(const Call& call);
share::Outcome runOptions(const Call& call);
share::Outcome runPost(const Call& call);
share::Outcome runPropfind(const Call& call);
share::Outcome runProppatch(const Call& call);
share::Outcome runPut(const Call& call);
share::Outcome runUnlock(const Call& call);

}  // namespace tigress::dav
