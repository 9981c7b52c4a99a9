#include <Poco/Exception.h>
#include <sys/stat.h>

#include <iostream>

#include "server/relay_application.h"

int main(int argc, char** argv) {
  umask(077);  // the store is for the relay's eyes only
  tigress::relay::blockSignals();
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
