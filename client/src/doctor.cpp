#include "tigress/doctor.h"

#include <algorithm>
#include <cassert>

#include "client/src/dav_folder.h"
#include "client/src/folder_share.h"
#include "common/base64.h"
#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress::client {
namespace {

using Weight = Finding::Weight;

struct Check {
  std::string_view name;
  std::string_view meaning;
  Weight weight;
};
constexpr Check kChecks[] = {
    {"webdav", "it is a WebDAV server", Weight::needed},
    {"folder", "the folder is there", Weight::needed},
    {"mkcol", "a share's own folder can be made", Weight::needed},
    {"put", "a document can be stored", Weight::needed},
    {"get", "it is read as it was stored", Weight::needed},
    {"if-none-match", "a document is made once (If-None-Match)", Weight::useful},
    {"etag", "each version has a strong ETag", Weight::useful},
    {"if-match", "a change to another version is refused (If-Match)", Weight::useful},
    {"list", "shares can be found again, for tigress sweep", Weight::useful},
    {"lock", "a document can be locked", Weight::useful},
    {"lock-token", "others can find the lock's token", Weight::useful},
    {"lock-held", "a lock keeps others from writing", Weight::useful},
    {"lock-write", "who has the token can write", Weight::useful},
    {"unlock", "a lock can be given back", Weight::useful},
    {"delete", "a share can be removed", Weight::needed},
    {"strangers-read", "without an account: read a share whose link one has", Weight::told},
    {"strangers-write", "without an account: replace it", Weight::told},
    {"strangers-list", "without an account: find all shares of the folder", Weight::told},
};

constexpr std::chrono::minutes kLifetime{30};

bool endsExamination(FailureCode code) {
  return (passes(code) && code != FailureCode::relayFailed) || code == FailureCode::notAuthorized ||
         code == FailureCode::relayNotAllowed || code == FailureCode::cancelled;
}

bool isSuccess(int status) {
  return status >= 200 && status < 300;
}

/// One examination, on one share.
class Examination {
 public:
  Examination(const Environment& environment, Transport& anonymous, const SharePlace& place)
      : environment_(environment),
        anonymous_(anonymous),
        folder_(place.origin + place.folder),
        url_{place.origin, Uuid::random(environment.random), ShareUrl::Dialect::folder, Vertical::general,
             place.folder} {
    for (const Check& check : kChecks) findings_.push_back({check.name, check.meaning, check.weight, {}, {}});
  }

  Result<std::vector<Finding>, Failure> run() {
    const auto classes = askForClasses(environment_.transport, folder_);
    if (!classes) return classes.error();
    const auto checked = checkFolder(environment_.transport, folder_);
    if (!checked && endsExamination(checked.error().code)) return checked.error();
    note("webdav", classes->webdav || checked, "it does not say so, and does not know PROPFIND");
    note("folder", bool(checked), checked ? std::string() : checked.error().detail);
    if (checked && makes()) {
      if (stores()) {
        tryVersions();
        tryStrangers();
        tryLocks(classes->locks);
      }
      removes();
    }
    return std::move(findings_);
  }

 private:
  void note(std::string_view name, std::optional<bool> holds, std::string detail = {}) {
    const auto finding = std::find_if(findings_.begin(), findings_.end(),
                                      [&](const Finding& one) { return one.check == name; });
    assert(finding != findings_.end());
    finding->holds = holds;
    if (holds != true) finding->detail = std::move(detail);
  }

  // What the server says to a request is expected to be `good`.
  bool note(std::string_view name, const Result<Response, Failure>& answer, bool good) {
    if (!answer) {
      note(name, std::nullopt, answer.error().detail);
      return false;
    }
    note(name, good, "it answers with status " + std::to_string(answer->status));
    return good;
  }

  Result<Response, Failure> ask(Request request) const {
    return environment_.transport.exchange(request, kAnswerTime);
  }

  // A share document that differs from every other, and holds nothing.
  std::string freshBody() const {
    constexpr std::size_t kBytes = 64;
    const Payload payload{std::string(kAes256Gcm), base64Encode(randomBytes(environment_.random, kBytes))};
    return folderDocument({payload, {}}, environment_.now() + kLifetime);
  }

  Request put(Headers headers = {}) {
    headers.add("Content-Type", kJsonContentType);
    body_ = freshBody();
    return {"PUT", url_.document(), std::move(headers), body_};
  }

  Result<Response, Failure> get() const { return ask({"GET", url_.document(), {}, {}}); }

  bool makes() {
    const auto made = ask({"MKCOL", url_.collection(), {}, {}});
    return note("mkcol", made, made && isSuccess(made->status));
  }

  bool stores() {
    const auto stored = ask(put({{"If-None-Match", "*"}}));
    if (!note("put", stored, stored && isSuccess(stored->status))) return false;
    const auto read = get();
    if (read && read->status == 200 && read->body != body_) {
      note("get", false, "it gives back other bytes");
      return false;
    }
    return note("get", read, read && read->status == 200);
  }

  void tryVersions() {
    const auto again = ask(put({{"If-None-Match", "*"}}));
    note("if-none-match", again, again && again->status == 412);
    const std::string first = tagNow();
    const bool replaced = [&] {
      const auto answer = ask(put());
      return answer && isSuccess(answer->status);
    }();
    const std::string second = tagNow();
    const auto tag = EntityTag::parse(second);
    note("etag", replaced && tag && !tag->weak && first != second,
         second.empty()    ? "it gives none"
         : first == second ? "two versions have the same one"
                           : "it is a weak one");
    const auto stale = ask(put({{"If-Match", "\"no-version-has-this-tag\""}}));
    note("if-match", stale, stale && stale->status == 412);

    const auto members = listFolder(environment_.transport, folder_);
    const bool listed = members && std::any_of(members->begin(), members->end(), [&](const Member& member) {
                          return member.collection && member.name == url_.id.toString();
                        });
    note("list", listed, members ? "it does not show the share" : members.error().detail);
  }

  std::string tagNow() const {
    const auto answer = get();
    return answer ? std::string(answer->headers.get("ETag")) : std::string();
  }

  void tryStrangers() {
    const auto read = anonymous_.exchange({"GET", url_.document(), {}, {}}, kAnswerTime);
    note("strangers-read", read, read && read->status == 200);
    const auto written = anonymous_.exchange(put(), kAnswerTime);
    note("strangers-write", written, written && isSuccess(written->status));
    const auto listed = listFolder(anonymous_, folder_);
    note("strangers-list", bool(listed), listed ? std::string() : listed.error().detail);
  }

  void tryLocks(bool announced) {
    FolderShare share(environment_, url_);
    const auto locked = share.lockForWriting();
    if (!locked) {
      note("lock", std::nullopt, locked.error().detail);
      return;
    }
    note("lock", locked->has_value(),
         announced ? "it says that it has locks, and does not give one" : "it has no locks");
    if (!*locked) return;
    const auto tokens = share.lockTokens();
    note("lock-token", tokens && std::find(tokens->begin(), tokens->end(), **locked) != tokens->end(),
         tokens ? "it does not show it" : tokens.error().detail);
    const auto intruder = ask(put());
    note("lock-held", intruder, intruder && intruder->status == 423);
    const auto owner = share.askWithTokens(put(), {**locked});
    note("lock-write", owner, owner && isSuccess(owner->status));
    const auto unlocked = share.unlock(**locked);
    note("unlock", unlocked, unlocked && isSuccess(unlocked->status));
  }

  void removes() {
    FolderShare share(environment_, url_);
    const auto removed = share.remove();
    if (!removed) {
      const bool nothingWasStored = removed.error().code == FailureCode::notFoundOrExpired;
      if (!nothingWasStored) note("delete", false, removed.error().detail);
      return;
    }
    const auto left = get();
    note("delete", left && left->status == 404, "it still answers with the document");
  }

  const Environment& environment_;
  Transport& anonymous_;
  std::string folder_;
  ShareUrl url_;
  std::string body_;  // as last sent
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>, Failure> examine(const Environment& environment, Transport& anonymous,
                                              const SharePlace& place) {
  return Examination(environment, anonymous, place).run();
}

bool isUsable(const std::vector<Finding>& findings) {
  return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.weight != Weight::needed || finding.holds == true;
  });
}

}  // namespace tigress::client
