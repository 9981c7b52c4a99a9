// Opens a share link, prints what it holds, and removes the share.
//   receive_key LINK [CA_FILE]

#include <iostream>

#include "tigress/http_transport.h"
#include "tigress/receiver.h"

using namespace tigress;
using namespace tigress::client;

int main(int count, char** words) {
  if (count < 2) {
    std::cerr << "usage: receive_key LINK [CA_FILE]\n";
    return 2;
  }
  auto link = ShareLink::parse(words[1]);
  HttpTransport::Options options;
  if (count > 2) options.caFile = words[2];
  const auto transport = HttpTransport::open(options);
  if (!link || !transport) {
    std::cerr << (link ? transport.error().detail : link.error().detail) << "\n";
    return 2;
  }

  Receiver receiver(Environment{**transport}, *std::move(link));
  const auto information = receiver.receive();
  if (!information) {
    std::cerr << information.error().detail << "\n";
    return 1;
  }
  std::cout << information->toJson().dump() << "\n";
  // The key is safe here: now it may go there.
  if (const auto removed = receiver.remove(); !removed) {
    std::cerr << "it stays on the relay until it expires: " << removed.error().detail << "\n";
  }
  return 0;
}
