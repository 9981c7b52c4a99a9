#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/preview/digest.h"
#include "tigress/http_message.h"

namespace tigress::preview {

/// The files by which a phone's system knows which app opens this relay's links. An empty one is not
/// served.
struct AppLinks {
  std::string appleAppSiteAssociation;  ///< JSON, for iOS
  std::string assetLinks;               ///< JSON, for Android
  std::string pushes = {};              ///< JSON, for apps: which pushes they may register for
};

/// Everything static: pictures and scripts under names that change with their content, icons, robots.txt
/// and the .well-known files. Immutable; any thread may ask.
class Assets {
 public:
  /// With `receive` the scripts are there by which pages act as a wallet.
  Assets(AppLinks appLinks, const Sha256& sha256, bool receive = false);

  /// The answer to GET on that path (with its leading slash, without a query), with its ETag; nothing
  /// if there is no such file, or only one of another content: then 404.
  std::optional<Response> find(std::string_view path) const;

  /// The path of a picture or script: "car.png" is at "/assets/car.<content>.png". Throws std::logic_error
  /// if it is not served.
  const std::string& pathOf(std::string_view name) const;

 private:
  struct Asset {
    std::string bytes;
    std::string_view contentType;
    std::string_view cacheControl;
    std::string entityTag;
    bool picture = false;
  };

  std::map<std::string, Asset, std::less<>> byPath_;
  std::map<std::string, std::string, std::less<>> paths_;  // of what is named by its content
};

}  // namespace tigress::preview
