#include "tigress/sweep.h"

#include <algorithm>

#include "client/src/dav_folder.h"
#include "client/src/folder_share.h"

namespace tigress::client {
namespace {

// A name that `Uuid::random` gives: version 4, lower case.
std::optional<Uuid> randomUuid(const std::string& name) {
  constexpr std::size_t kVersionAt = 14;
  constexpr std::size_t kVariantAt = 19;
  constexpr std::string_view kVariants = "89ab";
  const auto id = Uuid::parse(name);
  if (!id || id->toString() != name || name[kVersionAt] != '4') return std::nullopt;
  return kVariants.find(name[kVariantAt]) == std::string_view::npos ? std::nullopt : id;
}

bool endsSweep(const Failure& failure) {
  return failure.code == FailureCode::unreachable || failure.code == FailureCode::notAuthorized ||
         failure.code == FailureCode::cancelled;
}

/// Looks at one collection after the other.
class Sweeper {
 public:
  Sweeper(const Environment& environment, const SharePlace& place, bool remove)
      : environment_(environment), place_(place), remove_(remove) {}

  Result<Swept, Failure> run() {
    const auto members = listFolder(environment_.transport, place_.origin + place_.folder);
    if (!members) return members.error();
    for (const Member& member : *members) {
      const auto id = member.collection ? randomUuid(member.name) : std::nullopt;
      const auto done = id ? look(*id) : stranger();
      if (done) continue;
      if (endsSweep(done.error())) return done.error();
      ++swept_.failed;
    }
    return swept_;
  }

 private:
  Result<void, Failure> stranger() {
    ++swept_.strangers;
    return {};
  }

  Result<void, Failure> look(const Uuid& id) {
    const ShareUrl url{place_.origin, id, ShareUrl::Dialect::folder, Vertical::general, place_.folder};
    const auto members = listFolder(environment_.transport, url.collection());
    if (!members) return unlessGone(members.error());
    if (members->size() != 1 || members->front().name != "share.json" || members->front().collection) {
      return stranger();
    }
    FolderShare share(environment_, url);
    const auto found = share.read();
    if (!found && found.error().code == FailureCode::wrongKeyOrAltered) return stranger();
    if (!found) return unlessGone(found.error());
    if (!found->stored.expires) return stranger();
    ++swept_.shares;
    const TimePoint now = environment_.now();
    if (*found->stored.expires > std::min(now, found->date.value_or(now))) return {};
    ++swept_.expired;
    if (!remove_) return {};
    if (const auto removed = share.remove(); !removed) return unlessGone(removed.error());
    ++swept_.removed;
    return {};
  }

  // Its devices may be faster.
  static Result<void, Failure> unlessGone(const Failure& failure) {
    if (failure.code == FailureCode::notFoundOrExpired) return {};
    return failure;
  }

  const Environment& environment_;
  const SharePlace& place_;
  bool remove_;
  Swept swept_;
};

}  // namespace

Result<Swept, Failure> sweep(const Environment& environment, const SharePlace& place, bool remove) {
  return Sweeper(environment, place, remove).run();
}

}  // namespace tigress::client
