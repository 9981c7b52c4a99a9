#include "tigress/sender.h"

#include "tigress/claim.h"

namespace tigress::client {
namespace {

constexpr int kStateVersion = 2;

std::string creationBody(const Offer& offer, const Secret& secret, Payload payload) {
  Json body = toJson(ShareDocument{std::move(payload), offer.display});
  Json::Object configuration;
  if (offer.expires) configuration.push_back({"expiration", formatRfc3339(*offer.expires)});
  if (!offer.open) configuration.push_back({"claimVerifier", claimVerifier(secret)});
  if (!configuration.empty()) body.object()->push_back({"mailboxConfiguration", std::move(configuration)});
  return body.dump();
}

}  // namespace

Creation::Creation(std::string origin, Secret secret, Channel channel)
    : origin_(std::move(origin)), secret_(std::move(secret)), channel_(std::move(channel)) {}

Creation::Creation(const Environment& environment, std::string origin, const Offer& offer)
    : Creation(std::move(origin), Secret::generate(offer.secretSize, environment.random),
               Channel(Channel::Role::sender)) {
  Payload payload = channel_.seal(secret_, offer.information, offer.display, environment.random);
  for (const ProvisioningInformation& message : offer.following) {
    payload = channel_.seal(secret_, message, offer.display, environment.random);
  }
  body_ = creationBody(offer, secret_, std::move(payload));
  display_ = offer.display;
  vertical_ = offer.vertical;
  if (!offer.open) claimant_ = {Uuid::random(environment.random), Uuid::random(environment.random)};
}

Json Creation::state() const {
  Json::Object creation = {{"origin", origin_},
                           {"secret", secret_.toFragment()},
                           {"channel", channel_.state()},
                           {"body", body_},
                           {"vertical", std::string(1, letterOf(vertical_))}};
  if (claimant_) {
    creation.push_back({"claim", claimant_->claim.toString()});
    creation.push_back({"request", claimant_->request.toString()});
  }
  return Json::Object{{"v", kStateVersion}, {"creation", std::move(creation)}};
}

Result<Creation> Creation::restore(const Json& state) {
  const ParseError malformed{"this is not the state of a creation"};
  const Json* version = state.find("v");
  const Json* kept = state.find("creation");
  if (!version || *version != Json(kStateVersion) || !kept) return malformed;
  const std::string* origin = kept->findString("origin");
  const std::string* fragment = kept->findString("secret");
  const Json* channelState = kept->find("channel");
  const std::string* body = kept->findString("body");
  const std::string* vertical = kept->findString("vertical");
  const std::string* claim = kept->findString("claim");
  const std::string* request = kept->findString("request");
  if (!origin || !fragment || !channelState || !body || !vertical) return malformed;
  const auto parsedOrigin = parseOrigin(*origin);
  auto secret = Secret::parse(*fragment);
  auto channel = Channel::restore(*channelState);
  auto document = parseCreationDocument(*body);
  const auto claimId = Uuid::parse(claim ? *claim : std::string());
  const auto requestId = Uuid::parse(request ? *request : std::string());
  if (!parsedOrigin || !secret || !channel || !document ||
      claimId.has_value() != (kept->find("claim") != nullptr) ||
      requestId.has_value() != claimId.has_value()) {
    return malformed;
  }
  Creation creation(*parsedOrigin, *std::move(secret), *std::move(channel));
  creation.body_ = *body;
  creation.display_ = std::move(document->document.display);
  creation.vertical_ = verticalOf(*vertical);
  if (claimId) creation.claimant_ = {*claimId, *requestId};
  return creation;
}

Result<Sender, Failure> Sender::create(Environment environment, Creation creation) {
  const auto ask = [&]() -> Result<CreatedShare, Failure> {
    if (environment.cancellation.cancelled()) return Cancellation::failure();
    environment.tell({Progress::Step::creating});
    return RemoteShare::create(environment.transport, creation.origin_, creation.body_, creation.claimant_,
                               environment.createToken);
  };
  auto created = ask();
  if (!created && created.error().code == FailureCode::answerLost) {
    // If the lost request made a share, this one has the same id and gets that share. One made without an
    // id stays behind: nobody knows its address or its key, and it expires.
    auto again = ask();
    if (again || again.error().code != FailureCode::unreachable) created = std::move(again);
  }
  if (!created) return created.error();

  created->url.vertical = creation.vertical_;
  Sender sender(std::move(environment), ShareLink{std::move(created->url), std::move(creation.secret_)},
                std::move(creation.channel_),
                creation.claimant_ ? std::optional(creation.claimant_->claim) : std::nullopt);
  sender.standAt(std::move(created->etag), created->expires, std::move(creation.display_));
  return sender;
}

}  // namespace tigress::client
