#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "tigress/api.h"
#include "tigress/environment.h"
#include "tigress/failure.h"
#include "tigress/remote_share.h"
#include "tigress/result.h"
#include "tigress/timestamp.h"

namespace tigress::client {

/// What happens to a share. The last four are the end.
enum class ShareEvent {
  open,     ///< it is there, and belongs to whoever has its address
  waiting,  ///< nobody has claimed it, or nobody any more
  claimed,  ///< it belongs to two devices
  changed,  ///< a device has written
  completed,
  cancelled,
  expired,
  removed,  ///< by one of its devices: only its sender learns by which
};

/// "open" and so on.
TIGRESS_API std::string_view nameOf(ShareEvent event);
TIGRESS_API bool isEnd(ShareEvent event);

/// Follows a share without reading or changing it. On a relay an event arrives when it happens; any other
/// server is asked for it less and less often. What happens while nobody waits is not lost, but merged: the
/// events tell how the share stands now. Not safe for use by two threads at once.
class TIGRESS_API Watch {
 public:
  /// With a claim a device of a claimed share also sees `changed`, and its sender how it ended.
  Watch(Environment environment, ShareUrl url, std::optional<Uuid> claim = std::nullopt)
      : environment_(std::move(environment)), share_(RemoteShare::at(environment_, std::move(url), claim)) {}

  /// The next event; the first one is how the share stands. Waits for it as long as `patience`, then fails as
  /// stillWaiting. A failing network is given several chances while there is patience. Fails as
  /// notFoundOrExpired if there was no share from the beginning; and, without asking, once it has told the
  /// end.
  Result<ShareEvent, Failure> next(std::chrono::seconds patience = std::chrono::seconds(0));

  /// When the relay will forget the share, as far as it has said so.
  std::optional<TimePoint> expires() const { return known_ ? known_->expires : std::nullopt; }

 private:
  void note(ShareStatus status);
  ShareEvent endWithoutWord() const;

  Environment environment_;
  std::unique_ptr<RemoteShare> share_;
  std::optional<ShareStatus> known_;  // before the first answer: nothing
  std::deque<ShareEvent> events_;     // that were not given yet
  bool ended_ = false;                // the last event given was the end
};

}  // namespace tigress::client
