#include "tigress/remote_share.h"

#include "client/src/folder_share.h"
#include "client/src/relay_share.h"

namespace tigress::client {

std::string_view nameOf(ShareState state) {
  switch (state) {
    case ShareState::waiting:
      return "waiting";
    case ShareState::claimed:
      return "claimed";
    case ShareState::completed:
      return "completed";
    case ShareState::cancelled:
      return "cancelled";
    case ShareState::expired:
      return "expired";
  }
  return {};
}

std::unique_ptr<RemoteShare> RemoteShare::at(const Environment& environment, ShareUrl url,
                                             std::optional<Uuid> claim) {
  if (url.dialect == ShareUrl::Dialect::folder) {
    return std::make_unique<FolderShare>(environment, std::move(url));
  }
  return std::make_unique<RelayShare>(environment.transport, std::move(url), claim);
}

Result<CreatedShare, Failure> RemoteShare::create(const Environment& environment, const SharePlan& plan) {
  return plan.place.isRelay() ? RelayShare::create(environment, plan)
                              : FolderShare::create(environment, plan);
}

}  // namespace tigress::client
