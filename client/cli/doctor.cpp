#include "tigress/doctor.h"

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "tigress/json.h"

namespace tigress::cli {
namespace {

using client::Finding;

std::string_view nameOf(Finding::Weight weight) {
  switch (weight) {
    case Finding::Weight::needed:
      return "needed";
    case Finding::Weight::useful:
      return "useful";
    case Finding::Weight::told:
      break;
  }
  return "told";
}

std::string_view wordFor(const Finding& finding) {
  if (!finding.holds) return "-";
  if (*finding.holds) return "yes";
  return finding.weight == Finding::Weight::needed ? "NO" : "no";
}

std::string tabulate(const std::vector<Finding>& findings) {
  constexpr std::size_t kWidth = 5;
  std::string text;
  for (const Finding& finding : findings) {
    const std::string_view word = wordFor(finding);
    text += std::string(word) + std::string(kWidth - word.size(), ' ') + std::string(finding.meaning);
    if (!finding.detail.empty() && finding.weight != Finding::Weight::told)
      text += ": " + printable(finding.detail);
    text += '\n';
  }
  text.pop_back();
  return text;
}

Json describe(const std::vector<Finding>& findings) {
  Json::Array checks;
  for (const Finding& finding : findings) {
    Json::Object check = {{"check", finding.check}, {"weight", nameOf(finding.weight)}};
    check.push_back({"holds", finding.holds ? Json(*finding.holds) : Json()});
    if (!finding.detail.empty()) check.push_back({"detail", finding.detail});
    checks.push_back(std::move(check));
  }
  return Json::Object{{"usable", client::isUsable(findings)}, {"checks", std::move(checks)}};
}

}  // namespace

Done doctor(const Arguments& arguments, Terminal& terminal) {
  const auto place = readFolder(arguments.operands.front());
  if (!place) return place.error();
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();
  const auto anonymous = openAnonymousConnection(arguments, terminal);
  if (!anonymous) return anonymous.error();
  terminal.progress("examining the server");
  const auto findings =
      client::examine(connection->environment(), anonymous->environment().transport, *place);
  if (!findings) return complaintOf(findings.error());
  const auto told = terminal.tell({tabulate(*findings), describe(*findings)});
  if (!told || client::isUsable(*findings)) return told;
  return Complaint{ExitCode::refusedByPolicy, "this folder cannot hold shares",
                   "give another folder, or use a relay"};
}

}  // namespace tigress::cli
