#include <Poco/Exception.h>
#include <sys/stat.h>

#include <iostream>
#include <string_view>

#include "server/privileges.h"
#include "server/relay_application.h"

int main(int argc, char** argv) {
  umask(077);  // the store is for the relay's eyes only
  tigress::relay::leaveNoCoreFile();
  tigress::relay::gainNoRights();
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
