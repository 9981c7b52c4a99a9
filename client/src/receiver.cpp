#include "tigress/receiver.h"

namespace tigress::client {

Receiver::Receiver(Environment environment, ShareLink link)
    : Session(std::move(environment), std::move(link), Channel(Channel::Role::receiver)) {}

}  // namespace tigress::client
