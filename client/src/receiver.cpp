#include "tigress/receiver.h"

namespace tigress::client {

Receiver::Receiver(Environment environment, ShareLink link)
    : Session(environment, std::move(link), Channel(Channel::Role::receiver),
              Uuid::random(environment.random)) {}

}  // namespace tigress::client
