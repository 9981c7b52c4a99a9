#include "server/dav/properties.h"

#include <algorithm>

#include "server/dav/push.h"
#include "server/dav/share_status.h"

namespace tigress::dav {
namespace {

using Kind = share::Target::Kind;

bool hasPush(const PropertySource& source) {
  return source.kind == Kind::collection && source.context && offersPush(*source.context);
}

// Of the one property that is our own.
constexpr std::string_view kTigressNamespace = "urn:tigress:share";

bool isDocument(const PropertySource& source) {
  return source.kind == Kind::document;
}

// What changes with its content is for those who may read that.
bool isReadable(const PropertySource& source) {
  return isDocument(source) && !share::deny(*source.share, source.party, share::Access::read);
}

bool hasEntityTag(const PropertySource& source) {
  return source.share && (!isDocument(source) || isReadable(source));
}

bool isShare(const PropertySource& source) {
  return source.share != nullptr;
}

// The sender of a claimed share sees whether it was claimed.
bool isOwnShare(const PropertySource& source) {
  return source.share && source.party == share::Party::sender;
}

bool isFactory(const PropertySource& source) {
  return source.kind == Kind::factory;
}

bool isAnything(const PropertySource&) {
  return true;
}

share::Member memberOf(const PropertySource& source) {
  return isDocument(source) ? share::Member::document : share::Member::collection;
}

std::string resourceType(const PropertySource& source) {
  return isDocument(source) ? "" : "<D:collection/>";
}

std::string displayName(const PropertySource& source) {
  if (isDocument(source)) return "share.json";
  return isShare(source) ? "share" : "Tigress relay";
}

std::string creationDate(const PropertySource& source) {
  return formatRfc3339(source.share->created);
}

std::string contentLength(const PropertySource& source) {
  return std::to_string(source.share->body.size());
}

std::string contentType(const PropertySource&) {
  return "application/json";
}

std::string entityTag(const PropertySource& source) {
  return escapeXml(isDocument(source) ? source.share->etag : statusOf(*source.share, source.party).etag);
}

std::string lastModified(const PropertySource& source) {
  return formatHttpDate(source.share->modified);
}

std::string supportedLock(const PropertySource&) {
  std::string entries;
  for (const char* scope : {"exclusive", "shared"}) {
    entries += "<D:lockentry><D:lockscope><D:" + std::string(scope) +
               "/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>";
  }
  return entries;
}

std::string discoveredLocks(const PropertySource& source) {
  const share::Share& share = *source.share;
  return lockDiscovery(share, share::locksOn(share, memberOf(source), source.now), source.now, source.party)
      .inner;
}

std::string shareState(const PropertySource& source) {
  return std::string(share::stateOf(*source.share));
}

std::string transports(const PropertySource& source) {
  return pushTransports(source.context->push.webPushKey());
}

std::string topic(const PropertySource& source) {
  return pushTopic(source.share->id, source.context->sha256);
}

std::string triggers(const PropertySource&) {
  return pushTriggers();
}

std::string addMember(const PropertySource&) {
  return "<D:href>/v1/</D:href>";
}

std::string supportedLiveProperties(const PropertySource& source);

struct Row {
  std::string_view name;
  bool inAllprop;
  bool (*exists)(const PropertySource&);
  std::string (*value)(const PropertySource&);  // XML
  std::string_view space = kDavNamespace;
};

// The live properties of RFC 4918 section 15, DAV:add-member of RFC 5995 and, because that wants it,
// DAV:supported-live-property-set of RFC 3253. There are no others: PROPPATCH changes none and adds none.
constexpr Row kRows[] = {
    {"creationdate", true, isShare, creationDate},
    {"displayname", true, isAnything, displayName},
    {"getcontentlength", true, isReadable, contentLength},
    {"getcontenttype", true, isDocument, contentType},
    {"getetag", true, hasEntityTag, entityTag},
    {"getlastmodified", true, isReadable, lastModified},
    {"lockdiscovery", true, isShare, discoveredLocks},
    {"resourcetype", true, isAnything, resourceType},
    {"supportedlock", true, isShare, supportedLock},
    {"add-member", false, isFactory, addMember},
    {"supported-live-property-set", false, isAnything, supportedLiveProperties},
    {"state", false, isOwnShare, shareState, kTigressNamespace},
    {"transports", false, hasPush, transports, kPushNamespace},
    {"topic", false, hasPush, topic, kPushNamespace},
    {"supported-triggers", false, hasPush, triggers, kPushNamespace},
};

std::string supportedLiveProperties(const PropertySource& source) {
  std::string set;
  for (const Row& row : kRows) {
    if (!row.exists(source) || row.space != kDavNamespace) continue;
    set += "<D:supported-live-property><D:prop><D:" + std::string(row.name) +
           "/></D:prop></D:supported-live-property>";
  }
  return set;
}

const Row* findRow(const PropertySource& source, const PropertyName& name) {
  for (const Row& row : kRows) {
    if (row.name == name.local && row.space == name.space && row.exists(source)) return &row;
  }
  return nullptr;
}

}  // namespace

PropertyResponse propertiesOf(const PropertySource& source, const Propfind& asked) {
  PropertyResponse::Group found{200, {}, {}};
  PropertyResponse::Group missing{404, {}, {}};
  const bool all = asked.kind == Propfind::Kind::allprop;
  const bool namesOnly = asked.kind == Propfind::Kind::propname;
  if (all || namesOnly) {
    for (const Row& row : kRows) {
      if (!row.exists(source) || (all && !row.inAllprop)) continue;
      found.properties.push_back(
          {{std::string(row.space), std::string(row.name)}, namesOnly ? std::string() : row.value(source)});
    }
  }
  for (const PropertyName& name : asked.names) {
    const Row* row = findRow(source, name);
    if (row && all && row->inAllprop) continue;  // each property once (RFC 4918 section 14.24)
    if (row) {
      found.properties.push_back({name, row->value(source)});
    } else {
      missing.properties.push_back({name, {}});
    }
  }
  const Uuid id = source.share ? source.share->id : Uuid();
  return {hrefOf(source.kind, id), {std::move(found), std::move(missing)}};
}

Property lockDiscovery(const share::Share& share, const std::vector<const share::Lock*>& locks, TimePoint now,
                       share::Party party) {
  const bool showToken = !share.claims || party != share::Party::stranger;
  std::string inner;
  for (const share::Lock* lock : locks) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(lock->expires - now);
    inner += "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:" +
             std::string(lock->scope == LockScope::exclusive ? "exclusive" : "shared") +
             "/></D:lockscope><D:depth>" + (lock->depth == share::LockDepth::infinity ? "infinity" : "0") +
             "</D:depth>" + lock->owner + "<D:timeout>Second-" + std::to_string(left.count()) +
             "</D:timeout>" +
             (showToken ? "<D:locktoken><D:href>" + escapeXml(lock->token) + "</D:href></D:locktoken>"
                        : std::string()) +
             "<D:lockroot><D:href>" + share::pathOf(share.id, lock->root) +
             "</D:href></D:lockroot></D:activelock>";
  }
  return {{std::string(kDavNamespace), "lockdiscovery"}, std::move(inner)};
}

std::string hrefOf(share::Target::Kind kind, const Uuid& id) {
  switch (kind) {
    case Kind::factory:
      return "/v1/";
    case Kind::collection:
      return share::pathOf(id, share::Member::collection);
    case Kind::document:
      return share::pathOf(id, share::Member::document);
    case Kind::root:
    case Kind::malformed:
    case Kind::nowhere:
    case Kind::newDocument:
    case Kind::otherMember:
    case Kind::registration:
    case Kind::file:
    case Kind::mailboxes:
    case Kind::mailbox:
      break;
  }
  return "/";
}

}  // namespace tigress::dav
