#include "server/stats_command.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Util/Application.h>

#include <iterator>
#include <ostream>

#include "server/metrics/summary.h"

namespace tigress::relay {

int runStatsCommand(const Settings& settings, std::ostream& out, std::ostream& errors) {
  using Poco::Util::Application;
  if (!settings.adminPort || *settings.adminPort == 0) {
    errors << "tigress-relay: stats asks the running relay: set admin.port to its admin listener's port\n";
    return Application::EXIT_CONFIG;
  }
  try {
    Poco::Net::HTTPClientSession session(settings.adminAddress, *settings.adminPort);
    session.setTimeout(Poco::Timespan(10, 0));
    Poco::Net::HTTPRequest request("GET", "/metrics", Poco::Net::HTTPRequest::HTTP_1_1);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::istream& body = session.receiveResponse(response);
    const std::string text{std::istreambuf_iterator<char>(body), {}};
    if (response.getStatus() == Poco::Net::HTTPResponse::HTTP_OK) {
      out << metrics::summarize(text);
      return Application::EXIT_OK;
    }
    errors << "tigress-relay: the admin listener answered " << response.getStatus()
           << "; see the relay's log\n";
  } catch (const Poco::Exception&) {
    errors << "tigress-relay: no relay answers at admin.address and admin.port; is it running?\n";
  }
  return Application::EXIT_UNAVAILABLE;
}

}  // namespace tigress::relay
