#pragma once

#include <Poco/Util/ServerApplication.h>

#include "server/settings.h"

namespace tigress::relay {

/// tigress-relay: command line, settings, listener, cleanup timer, signals. Everything else is Relay's.
///
/// SIGTERM and SIGINT end it, SIGHUP has it read its certificates again.
///
/// Exit codes: 0 after SIGTERM or SIGINT, 64 for an unexpected argument, 70 if the relay cannot run (port,
/// certificate, store, run.user), 78 for wrong options or settings. Those of `token` are in token_command.h.
class RelayApplication : public Poco::Util::ServerApplication {
 public:
  RelayApplication() = default;

 protected:
  void defineOptions(Poco::Util::OptionSet& options) override;
  int main(const std::vector<std::string>& arguments) override;

 private:
  void takeOption(const std::string& name, const std::string& value);
  Result<Settings> loadSettings() const;
  int serve(const Settings& settings);
  int manageTokens(const std::vector<std::string>& words);

  enum class Task { serve, checkConfig, checkStore, help, version };
  Task task_ = Task::serve;
  std::string configFile_;
  std::vector<std::string> definitions_;
  std::string tokenName_;
};

/// Blocks the signals the application waits for; before any thread is started.
void blockSignals();

}  // namespace tigress::relay
