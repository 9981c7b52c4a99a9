#include "tigress/sender.h"

#include "client/src/folder_share.h"
#include "tigress/claim.h"

namespace tigress::client {
namespace {

constexpr int kStateVersion = 2;
constexpr std::chrono::hours kLifetimeInFolders{24};

std::string relayBody(const Offer& offer, const Secret& secret, const ShareDocument& document) {
  Json body = toJson(document);
  Json::Object configuration;
  if (offer.expires) configuration.push_back({"expiration", formatRfc3339(*offer.expires)});
  if (!offer.open) configuration.push_back({"claimVerifier", claimVerifier(secret)});
  if (!configuration.empty()) body.object()->push_back({"mailboxConfiguration", std::move(configuration)});
  return body.dump();
}

}  // namespace

Creation::Creation(SharePlan plan, Secret secret, Channel channel)
    : plan_(std::move(plan)), secret_(std::move(secret)), channel_(std::move(channel)) {}

Creation::Creation(const Environment& environment, SharePlace place, const Offer& offer)
    : Creation({std::move(place), {}, std::nullopt}, Secret::generate(offer.secretSize, environment.random),
               Channel(Channel::Role::sender)) {
  Payload payload = channel_.seal(secret_, offer.information, offer.display, environment.random);
  for (const ProvisioningInformation& message : offer.following) {
    payload = channel_.seal(secret_, message, offer.display, environment.random);
  }
  const ShareDocument document{std::move(payload), offer.display};
  if (plan_.place.isRelay()) {
    plan_.body = relayBody(offer, secret_, document);
    if (!offer.open) plan_.claimant = {Uuid::random(environment.random), Uuid::random(environment.random)};
  } else {
    plan_.id = Uuid::random(environment.random);
    plan_.body = folderDocument(document, offer.expires.value_or(environment.now() + kLifetimeInFolders));
  }
  display_ = offer.display;
  vertical_ = offer.vertical;
}

Json Creation::state() const {
  Json::Object creation = {{"place", plan_.place.toString()},
                           {"secret", secret_.toFragment()},
                           {"channel", channel_.state()},
                           {"body", plan_.body},
                           {"vertical", std::string(1, letterOf(vertical_))}};
  if (plan_.claimant) {
    creation.push_back({"claim", plan_.claimant->claim.toString()});
    creation.push_back({"request", plan_.claimant->request.toString()});
  }
  if (!plan_.place.isRelay()) creation.push_back({"id", plan_.id.toString()});
  return Json::Object{{"v", kStateVersion}, {"creation", std::move(creation)}};
}

Result<Creation> Creation::restore(const Json& state) {
  const ParseError malformed{"this is not the state of a creation"};
  const Json* version = state.find("v");
  const Json* kept = state.find("creation");
  if (!version || *version != Json(kStateVersion) || !kept) return malformed;
  const std::string* placeText = kept->findString("place");
  const std::string* fragment = kept->findString("secret");
  const Json* channelState = kept->find("channel");
  const std::string* body = kept->findString("body");
  const std::string* vertical = kept->findString("vertical");
  const std::string* claim = kept->findString("claim");
  const std::string* request = kept->findString("request");
  if (!placeText || !fragment || !channelState || !body || !vertical) return malformed;
  const auto place = parsePlace(*placeText);
  auto secret = Secret::parse(*fragment);
  auto channel = Channel::restore(*channelState);
  auto document = parseCreationDocument(*body);
  const auto claimId = Uuid::parse(claim ? *claim : std::string());
  const std::string* id = kept->findString("id");
  const auto shareId = Uuid::parse(id ? *id : std::string());
  const auto requestId = Uuid::parse(request ? *request : std::string());
  if (!place || !secret || !channel || !document || claimId.has_value() != (kept->find("claim") != nullptr) ||
      requestId.has_value() != claimId.has_value() || shareId.has_value() == place->isRelay()) {
    return malformed;
  }
  Creation creation({*place, *body, std::nullopt}, *std::move(secret), *std::move(channel));
  if (claimId) creation.plan_.claimant = {*claimId, *requestId};
  if (shareId) creation.plan_.id = *shareId;
  creation.display_ = std::move(document->document.display);
  creation.vertical_ = verticalOf(*vertical);
  return creation;
}

Result<Sender, Failure> Sender::create(Environment environment, Creation creation) {
  const auto ask = [&]() -> Result<CreatedShare, Failure> {
    if (environment.cancellation.cancelled()) return Cancellation::failure();
    environment.tell({Progress::Step::creating});
    return RemoteShare::create(environment, creation.plan_);
  };
  auto created = ask();
  if (!created && created.error().code == FailureCode::answerLost) {
    // If the lost request made a share, this one has the same id and gets that share. One that a relay made
    // without an id stays behind: nobody knows its address or its key, and it expires.
    auto again = ask();
    if (again || again.error().code != FailureCode::unreachable) created = std::move(again);
  }
  if (!created) return created.error();

  created->url.vertical = creation.vertical_;
  Sender sender(std::move(environment), ShareLink{std::move(created->url), std::move(creation.secret_)},
                std::move(creation.channel_),
                creation.plan_.claimant ? std::optional(creation.plan_.claimant->claim) : std::nullopt);
  sender.standAt(std::move(created->etag), created->expires, std::move(creation.display_));
  return sender;
}

}  // namespace tigress::client
