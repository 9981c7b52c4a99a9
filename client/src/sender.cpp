#include "tigress/sender.h"

#include "tigress/claim.h"

namespace tigress::client {
namespace {

std::string creationBody(const Offer& offer, const Secret& secret, Payload payload) {
  Json body = toJson(ShareDocument{std::move(payload), offer.display});
  Json::Object configuration;
  if (offer.expires) configuration.push_back({"expiration", formatRfc3339(*offer.expires)});
  if (!offer.open) configuration.push_back({"claimVerifier", claimVerifier(secret)});
  if (!configuration.empty()) body.object()->push_back({"mailboxConfiguration", std::move(configuration)});
  return body.dump();
}

}  // namespace

Result<Sender, Failure> Sender::create(Environment environment, const std::string& origin,
                                       const Offer& offer) {
  Secret secret = Secret::generate(offer.secretSize, environment.random);
  Channel channel(Channel::Role::sender);
  Payload payload = channel.seal(secret, offer.information, offer.display, environment.random);
  const std::string body = creationBody(offer, secret, std::move(payload));
  std::optional<Claimant> claimant;
  if (!offer.open) claimant = {Uuid::random(environment.random), Uuid::random(environment.random)};

  auto created = RemoteShare::create(environment.transport, origin, body, claimant);
  if (!created && created.error().code == FailureCode::answerLost) {
    // If the lost request made a share, this one has the same id and gets that share. One made without an
    // id stays behind: nobody knows its address or its key, and it expires.
    created = RemoteShare::create(environment.transport, origin, body, claimant);
  }
  if (!created) return created.error();

  created->url.vertical = offer.vertical;
  Sender sender(std::move(environment), ShareLink{std::move(created->url), std::move(secret)},
                std::move(channel), claimant ? std::optional(claimant->claim) : std::nullopt);
  sender.standAt(std::move(created->etag), created->expires, offer.display);
  return sender;
}

}  // namespace tigress::client
