// Puts a key on a relay, prints the link, and waits until the other device has it.
//   send_key RELAY FILE [CA_FILE]

#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "tigress/http_transport.h"
#include "tigress/sender.h"
#include "tigress/watch.h"

using namespace tigress;
using namespace tigress::client;

int main(int count, char** words) {
  if (count < 3) {
    std::cerr << "usage: send_key RELAY FILE [CA_FILE]\n";
    return 2;
  }
  const auto relay = parsePlace(words[1]);
  std::stringstream file;
  file << std::ifstream(words[2]).rdbuf();
  const auto information = ProvisioningInformation::parse(file.str());
  if (!relay || !information) {
    std::cerr << (relay ? information.error() : relay.error()).detail << "\n";
    return 2;
  }

  // Ctrl-C ends what is under way: a thread waits for it, for a signal handler may not do so itself.
  const Cancellation cancellation;
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
  std::thread([cancellation, interrupt] {
    int signal = 0;
    sigwait(&interrupt, &signal);
    cancellation.cancel();
  }).detach();

  HttpTransport::Options options;
  options.cancellation = cancellation;
  if (count > 3) options.caFile = words[3];
  const auto transport = HttpTransport::open(options);
  if (!transport) {
    std::cerr << transport.error().detail << "\n";
    return 2;
  }
  Environment environment{**transport};
  environment.cancellation = cancellation;
  environment.progress = [](const Progress& progress) {
    if (progress.step == Progress::Step::retrying) {
      std::cerr << "no connection, again in " << progress.pause.count() << " ms\n";
    }
  };

  Offer offer{*information, {"A key for you", std::nullopt, std::nullopt}, Vertical::car, std::nullopt};
  auto sender = Sender::create(environment, *relay, offer);
  if (!sender) {
    std::cerr << sender.error().detail << "\n";
    return 1;
  }
  std::cout << sender->link().reveal() << std::endl;

  Watch watch = sender->watch();
  for (;;) {
    const auto event = watch.next(std::chrono::hours(24 * 7));
    if (!event) {
      std::cerr << event.error().detail << "\n";
      return 1;
    }
    if (!isEnd(*event)) continue;
    std::cout << nameOf(*event) << "\n";
    return 0;
  }
}
