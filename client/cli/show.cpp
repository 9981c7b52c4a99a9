#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/delivery.h"
#include "client/cli/input.h"
#include "client/cli/kind.h"
#include "tigress/remote_share.h"

namespace tigress::cli {
namespace {

Json describe(const client::RemoteShare::Preview& preview, const ShareUrl& url) {
  Json::Object object;
  if (preview.display.title) object.push_back({"title", *preview.display.title});
  if (preview.display.description) object.push_back({"description", *preview.display.description});
  if (preview.display.imageUrl) object.push_back({"imageURL", *preview.display.imageUrl});
  object.push_back({"vertical", nameOf(url.vertical)});
  if (preview.expires) object.push_back({"expires", formatRfc3339(*preview.expires)});
  return object;
}

Json describe(const client::StoredShare& stored, const ShareUrl& url, std::optional<bool> locked) {
  Json description = describe({stored.document.display, stored.expires}, url);
  Json::Object& object = *description.object();
  object.push_back({"size", static_cast<std::int64_t>(stored.size)});
  object.push_back({"encryption", stored.document.payload.type});
  if (locked) object.push_back({"locked", *locked});
  return description;
}

// The members as a table for people.
std::string tabulate(const Json& description) {
  constexpr std::size_t kWidth = 14;
  std::string text;
  for (const auto& [name, value] : *description.object()) {
    if (!text.empty()) text += '\n';
    text += name + ":" + std::string(kWidth - name.size(), ' ');
    if (const std::string* words = value.string()) {
      text += printable(*words);
    } else if (const bool* flag = value.boolean()) {
      text += *flag ? "yes" : "no";
    } else {
      text += value.dump() + " bytes";
    }
  }
  return text;
}

}  // namespace

Done show(const Arguments& arguments, Terminal& terminal) {
  LineInput input(STDIN_FILENO);
  const auto url = readShareUrl(arguments, input);
  if (!url) return url.error();
  const auto connection = openConnection(arguments, terminal);
  if (!connection) return connection.error();

  const auto share = client::RemoteShare::at(connection->environment(), *url);
  const auto stored = share->fetch();
  if (!stored && stored.error().code == client::FailureCode::takenByAnotherDevice) {
    // Its content is for its two devices, its preview for everybody.
    const auto preview = share->preview();
    if (!preview) return complaintOf(preview.error());
    const Json description = describe(*preview, *url);
    return deliver(arguments, terminal, {{tabulate(description), description}});
  }
  if (!stored) return complaintOf(stored.error());
  const auto tokens = share->lockTokens();
  std::optional<bool> locked;
  if (tokens) locked = !tokens->empty();
  const Json description = describe(**stored, *url, locked);
  return deliver(arguments, terminal, {{tabulate(description), description}});
}

}  // namespace tigress::cli
