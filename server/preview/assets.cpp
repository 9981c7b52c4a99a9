#include "server/preview/assets.h"

#include <stdexcept>
#include <utility>

#include "common/text.h"
#include "server/preview/embedded_files.h"

namespace tigress::preview {
namespace {

constexpr std::string_view kForEver = "public, max-age=31536000, immutable";
constexpr std::string_view kForADay = "public, max-age=86400";
constexpr std::string_view kForAnHour = "public, max-age=3600";

constexpr std::string_view kPictures = "pictures/";
constexpr std::string_view kScripts[] = {"wallet.js", "conversation.js", "receive.js", "send.js"};

// Files of www/ that are asked for by a name of the outside world's choice.
struct FixedRow {
  std::string_view path;
  std::string_view file;
  std::string_view contentType;
  bool picture;
};

constexpr FixedRow kFixed[] = {
    {"/robots.txt", "robots.txt", "text/plain; charset=utf-8", false},
    {"/favicon.ico", "favicon.ico", "image/x-icon", true},
    // What iPhones ask for, in this order, whether or not a page names an icon; they scale it.
    {"/apple-touch-icon-120x120-precomposed.png", "apple-touch-icon.png", "image/png", true},
    {"/apple-touch-icon-120x120.png", "apple-touch-icon.png", "image/png", true},
    {"/apple-touch-icon-precomposed.png", "apple-touch-icon.png", "image/png", true},
    {"/apple-touch-icon.png", "apple-touch-icon.png", "image/png", true},
};

}  // namespace

Assets::Assets(AppLinks appLinks, const Sha256& sha256, bool receive) {
  const auto entityTag = [&](std::string_view bytes) { return '"' + contentName(sha256, bytes) + '"'; };

  const auto addByContent = [&](std::string_view name, std::string_view bytes, std::string_view contentType,
                                bool picture) {
    const std::size_t dot = name.rfind('.');
    const std::string path = "/assets/" + std::string(name.substr(0, dot)) + '.' +
                             contentName(sha256, bytes) + std::string(name.substr(dot));
    paths_.emplace(name, path);
    byPath_[path] = {std::string(bytes), contentType, kForEver, entityTag(bytes), picture};
  };

  for (const EmbeddedFile& file : embeddedFiles()) {
    if (!startsWith(file.name, kPictures)) continue;
    addByContent(file.name.substr(kPictures.size()), file.bytes, "image/png", true);
  }
  if (receive) {
    for (const std::string_view name : kScripts) {
      addByContent(name, embeddedFile(name), "text/javascript; charset=utf-8", false);
    }
  }
  for (const FixedRow& row : kFixed) {
    const std::string_view bytes = embeddedFile(row.file);
    byPath_[std::string(row.path)] = {std::string(bytes), row.contentType, kForADay, entityTag(bytes),
                                      row.picture};
  }
  // Apple wants its file without a suffix and yet as JSON.
  const std::pair<std::string_view, std::string&> wellKnown[] = {
      {"/.well-known/apple-app-site-association", appLinks.appleAppSiteAssociation},
      {"/.well-known/assetlinks.json", appLinks.assetLinks},
      {"/.well-known/tigress-push", appLinks.pushes},
  };
  for (const auto& [path, json] : wellKnown) {
    if (json.empty()) continue;
    const std::string tag = entityTag(json);
    byPath_[std::string(path)] = {std::move(json), "application/json", kForAnHour, tag, false};
  }
}

std::optional<Response> Assets::find(std::string_view path) const {
  const auto found = byPath_.find(path);
  if (found == byPath_.end()) return std::nullopt;
  const Asset& asset = found->second;
  Response response{200,
                    {{"Content-Type", std::string(asset.contentType)},
                     {"Cache-Control", std::string(asset.cacheControl)},
                     {"ETag", asset.entityTag},
                     {"X-Content-Type-Options", "nosniff"}},
                    asset.bytes};
  // Web versions of messaging apps show the pictures inside their own, isolated pages.
  if (asset.picture) response.headers.add("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

const std::string& Assets::pathOf(std::string_view name) const {
  const auto found = paths_.find(name);
  if (found == paths_.end()) throw std::logic_error("nothing is served as " + std::string(name));
  return found->second;
}

}  // namespace tigress::preview
