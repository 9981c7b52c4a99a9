#include "tigress/sender.h"

namespace tigress::client {
namespace {

std::string creationBody(const Offer& offer, Payload payload) {
  Json body = toJson(ShareDocument{std::move(payload), offer.display});
  if (offer.expires) {
    const Json::Object configuration = {{"expiration", formatRfc3339(*offer.expires)}};
    body.object()->push_back({"mailboxConfiguration", configuration});
  }
  return body.dump();
}

}  // namespace

Result<Sender, Failure> Sender::create(Environment environment, const std::string& origin,
                                       const Offer& offer) {
  Secret secret = Secret::generate(offer.secretSize, environment.random);
  Channel channel(Channel::Role::sender);
  Payload payload = channel.seal(secret, offer.information, offer.display, environment.random);
  const std::string body = creationBody(offer, std::move(payload));

  auto created = RemoteShare::create(environment.transport, origin, body);
  if (!created && created.error().code == FailureCode::answerLost) {
    // If the lost request made a share, nobody knows its address or its key, and it expires.
    created = RemoteShare::create(environment.transport, origin, body);
  }
  if (!created) return created.error();

  created->url.vertical = offer.vertical;
  Sender sender(std::move(environment), ShareLink{std::move(created->url), std::move(secret)},
                std::move(channel));
  sender.standAt(std::move(created->etag), created->expires, offer.display);
  return sender;
}

}  // namespace tigress::client
