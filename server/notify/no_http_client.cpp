#include "server/notify/http_client.h"

namespace tigress::notify {

std::unique_ptr<HttpClient> openHttpClient(HttpClientSettings) {
  return nullptr;
}

}  // namespace tigress::notify
