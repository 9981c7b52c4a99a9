#include "client/cli/command.h"
#include "client/cli/settings.h"

namespace tigress::cli {

Done config(const Arguments& arguments, Terminal& terminal) {
  Report report;
  Json::Array rows;
  for (const Setting& setting : effectiveSettings(arguments)) {
    const std::string from = setting.from.empty() ? "default" : setting.from;
    const std::string key(setting.key);
    // As it may stand in the file; what is not set, or not to be seen, is a remark.
    report.text += (report.text.empty() ? "# " : "\n# ") + from + "\n" +
                   (setting.value ? key + " = " + printable(*setting.value) : "#" + key + " =");
    rows.push_back(
        Json::Object{{"key", key}, {"value", setting.value ? Json(*setting.value) : Json()}, {"from", from}});
  }
  report.json = Json::Object{{"settings", std::move(rows)}};
  return terminal.tell(report);
}

}  // namespace tigress::cli
