#include <Poco/Exception.h>
#include <sys/resource.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <iostream>
#include <string_view>

#include "server/relay_application.h"

namespace {

// A core file would hold whatever was passing through memory.
void leaveNoCoreFile() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  // The limit does not bind a core_pattern that is a program. (The leak checker must be able to look inside.)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);  // the store is for the relay's eyes only
  leaveNoCoreFile();
  tigress::relay::blockSignals();
  for (int i = 1; i < argc; ++i) {
    // The base class would go to the background before it looks at any option.
    if (std::string_view(argv[i]) != "--daemon") continue;
    std::cerr << "tigress-relay: there is no --daemon; a service manager keeps the relay running\n";
    return Poco::Util::Application::EXIT_CONFIG;
  }
  try {
    tigress::relay::RelayApplication application;
    return application.run(argc, argv);
  } catch (const Poco::Exception& error) {
    std::cerr << "tigress-relay: " << error.displayText() << "; try --help" << std::endl;
    return Poco::Util::Application::EXIT_USAGE;
  } catch (const std::exception& error) {
    std::cerr << "tigress-relay: " << error.what() << std::endl;
    return Poco::Util::Application::EXIT_SOFTWARE;
  }
}
