#include "server/mailbox/handler.h"

#include "server/share/claims.h"
#include "server/share/creation.h"
#include "server/share/locks.h"
#include "server/share/preconditions.h"
#include "server/share/registrations.h"
#include "tigress/json.h"
#include "tigress/share_document.h"

namespace tigress::mailbox {
namespace {

using share::Access;
using share::Outcome;
using share::Party;
using share::Refusal;
using share::RefusalCode;
using Kind = share::Target::Kind;

// One request, seen against the record it is aimed at.
struct Call {
  const Request& request;
  share::SharePointer share;  // live and filled, or null
  share::SharePointer ended;
  TimePoint now;
  const share::Context& context;
  share::Caller caller;
  Party party;
};

Outcome refuse(const Refusal& refusal) {
  return {toResponse(refusal)};
}

Outcome json(int status, Json::Object members) {
  return {{status,
           {{"Content-Type", "application/json"},
            {"Cache-Control", "no-store, no-transform"},
            {"X-Content-Type-Options", "nosniff"}},
           Json(std::move(members)).dump()}};
}

Json::Member pushSupport(bool supported) {
  return {"isPushNotificationSupported", supported};
}

// The conditions of HTTP, held against the document. If is WebDAV's: without lock tokens it cannot be held
// against anything, and a condition that cannot be looked at must not pass for one that holds.
std::optional<Refusal> failedPrecondition(const Call& call) {
  if (call.request.headers.has("If"))
    return Refusal{RefusalCode::preconditionFailed, "a mailbox has no lock tokens for If; send If-Match"};
  const share::Share& share = *call.share;
  return share::failedPrecondition(call.request, {true, [&share] { return share.etag; }, share.modified});
}

Outcome create(const Call& call) {
  constexpr share::Rights kStandard{true, false, true};  // "RD", the draft's default
  const auto body = Json::parse(call.request.body, kShareDocumentDepth);
  if (body && !body->find("displayInformation")) {
    return refuse({RefusalCode::malformed, "displayInformation is required to create a mailbox"});
  }
  auto created = share::createShare(call.context, call.caller, call.request.body, kStandard, call.now);
  if (!created) {
    Refusal refusal = created.error();
    if (refusal.code == RefusalCode::unprocessable)
      refusal.code = RefusalCode::malformed;  // as the draft has it
    return refuse(refusal);
  }
  Outcome outcome =
      json(created->repeated ? 201 : 200, {{"urlLink", call.context.rules.origin + pathOf(created->share.id)},
                                           pushSupport(created->pushes.value_or(false))});
  if (created->repeated) return outcome;
  outcome.receipt = std::move(created->receipt);
  outcome.change = share::Change::write(std::move(created->share));
  return outcome;
}

Outcome read(const Call& call) {
  share::Share next = *call.share;
  const bool repeated = share::isRepeat(next, call.party, call.caller);
  const auto entry = share::enter(next, call.caller);
  if (!entry) return refuse(entry.error());
  if (const auto refusal = failedPrecondition(call)) return refuse(*refusal);
  const auto document = Json::parse(next.body, kShareDocumentDepth);
  Json::Object members;
  for (const std::string_view name : {"payload", "displayInformation"}) {
    const Json* member = document ? document->find(name) : nullptr;
    if (member) members.push_back({std::string(name), *member});
  }
  members.push_back({"expiration", formatRfc3339(next.expires)});
  if (entry->party == Party::sender) members.push_back({"state", share::stateOf(next)});
  Outcome outcome = json(repeated ? 201 : 200, std::move(members));
  outcome.response.headers.add("ETag", next.etag);
  const bool noted = share::note(next, entry->party, call.caller);
  if (entry->bound || noted) outcome.change = share::Change::write(std::move(next));
  return outcome;
}

// The JSON face of ReadDisplayInformationFromMailbox; people and crawlers are given a page.
Outcome display(const Call& call) {
  Json::Object members;
  const auto document = Json::parse(call.share->body, kShareDocumentDepth);
  if (const Json* information = document ? document->find("displayInformation") : nullptr) {
    members.push_back({"displayInformation", *information});
  }
  members.push_back({"expiration", formatRfc3339(call.share->expires)});
  return json(200, std::move(members));
}

// The update carries a payload alone; the preview stays as it was made.
Outcome update(const Call& call) {
  if (const auto refusal = share::refusePart(call.request)) return refuse(*refusal);
  auto body = Json::parse(call.request.body, kShareDocumentDepth);
  if (!body) return refuse({RefusalCode::malformed, body.error().detail});
  const auto notification = readNotificationToken(*body);
  body->erase("notificationToken");  // for the relay alone
  if (const auto document = Json::parse(call.share->body, kShareDocumentDepth)) {
    const Json* kept = document->find("displayInformation");
    if (body->object() && kept) {
      body->erase("displayInformation");
      body->object()->push_back({"displayInformation", *kept});
    }
  }
  std::string text = body->dump();
  // The request was small enough, but the preview that is kept counts as well.
  if (text.size() > call.context.rules.largestDocument) {
    return refuse(
        {RefusalCode::contentTooLarge, "with the preview that is kept, the share would be larger than " +
                                           std::to_string(call.context.rules.largestDocument) +
                                           " bytes; send a smaller payload"});
  }
  const auto document = parseShareDocument(text);
  if (!document) return refuse({RefusalCode::malformed, document.error().detail});
  share::Share next = *call.share;
  share::fill(next, std::move(text), document->display, call.context.random, call.now, next.expires);
  share::note(next, call.party, call.caller);
  const bool pushes = notification ? share::registerToken(call.context, next, call.party, *notification)
                                   : share::pushesTo(call.context, next, call.party);
  Outcome outcome = json(200, {pushSupport(pushes)});
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

Outcome relinquish(const Call& call) {
  if (call.party != Party::receiver) {
    return refuse({RefusalCode::unauthorized, "only the bound receiver can give its place up"});
  }
  share::Share next = *call.share;
  share::relinquish(next, call.caller);
  Outcome outcome = json(200, {});
  outcome.change = share::Change::write(std::move(next));
  return outcome;
}

Outcome remove(const Call& call) {
  Outcome outcome = json(200, {});
  outcome.change = share::endShare(*call.share, call.party, call.caller, call.now);
  return outcome;
}

struct Method {
  std::string_view name;
  Kind kind;
  bool needsClaim;
  Access access;  // of a claimed share
  Outcome (*run)(const Call&);
};

// A read decides by itself who may: it is how a device becomes a bound one.
constexpr Method kMethods[] = {
    {"POST", Kind::mailboxes, true, Access::anyone, create},
    {"POST", Kind::mailbox, true, Access::anyone, read},
    {"GET", Kind::mailbox, false, Access::anyone, display},
    {"HEAD", Kind::mailbox, false, Access::anyone, display},
    {"PUT", Kind::mailbox, true, Access::write, update},
    {"PATCH", Kind::mailbox, true, Access::govern, relinquish},
    {"DELETE", Kind::mailbox, true, Access::remove, remove},
};

const Method* findMethod(std::string_view name, Kind kind) {
  for (const Method& method : kMethods) {
    if (method.name == name && method.kind == kind) return &method;
  }
  return nullptr;
}

Outcome methodNotAllowed(Kind kind) {
  std::string allowed;
  for (const Method& method : kMethods) {
    if (method.kind == kind) allowed += (allowed.empty() ? "" : ", ") + std::string(method.name);
  }
  Outcome outcome =
      refuse({RefusalCode::methodNotAllowed, "this method is not for this resource; see Allow"});
  outcome.response.headers.add("Allow", allowed);
  return outcome;
}

// What the method does, as far as locks care. Closing a claimed share is the right of both its devices,
// whatever lock there is.
std::optional<share::Write> writeOf(const Call& call, const Method& method) {
  if (method.access == Access::write) return share::Write::content;
  if (method.access == Access::remove && call.party == Party::stranger) return share::Write::removeAll;
  return std::nullopt;
}

// What an exclusive or shared write lock keeps out is kept out here too: this dialect has no lock tokens.
std::optional<Refusal> blockedByLock(const Call& call, const Method& method) {
  const auto write = writeOf(call, method);
  if (!write || !share::blockedBy(*call.share, *write, {}, call.now)) return std::nullopt;
  return Refusal{RefusalCode::locked, "the share is locked: its sender made this its final content"};
}

Outcome run(const Call& call, const Method& method) {
  const share::SharePointer& known = call.share ? call.share : call.ended;
  const bool writes = method.access != Access::anyone;
  if (writes && known && share::isRepeat(*known, call.party, call.caller)) {
    return json(201, {pushSupport(share::pushesTo(call.context, *known, call.party))});
  }
  if (method.kind == Kind::mailbox && !call.share) return refuse(share::noSuchShare(call.ended, call.caller));
  if (method.needsClaim && call.caller.claim.empty()) {
    return refuse(
        {RefusalCode::malformed, "Mailbox-Device-Claim must be sent: one UUID that this device drew"});
  }
  if (call.share) {
    if (const auto refusal = share::deny(*call.share, call.party, method.access)) return refuse(*refusal);
    if (const auto refusal = writes ? failedPrecondition(call) : std::nullopt) return refuse(*refusal);
    if (const auto refusal = blockedByLock(call, method)) return refuse(*refusal);
  }
  return method.run(call);
}

}  // namespace

Outcome answer(const share::Context& context, const share::Target& target, share::SharePointer record,
               const Request& request, TimePoint now) {
  const Method* method = findMethod(request.method, target.kind);
  if (!method) return methodNotAllowed(target.kind);
  auto caller = share::readCaller(request, context.sha256);
  if (!caller) return refuse(caller.error());
  share::Seen seen = share::see(std::move(record));
  if (seen.share && seen.share->stage != share::Stage::filled) seen.share = nullptr;
  const share::SharePointer known = seen.share ? seen.share : seen.ended;
  const Party party = known ? share::partyOf(*known, *caller) : Party::stranger;
  const Call call{request, std::move(seen.share), std::move(seen.ended), now, context, std::move(*caller),
                  party};
  Outcome outcome = run(call, *method);
  outcome.spared.party = call.party;
  return outcome;
}

std::string pathOf(const Uuid& id) {
  return "/v1/m/" + id.toString();
}

}  // namespace tigress::mailbox
