#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/preview/assets.h"
#include "server/preview/digest.h"
#include "server/preview/languages.h"
#include "server/preview/template.h"
#include "tigress/http_message.h"
#include "tigress/share_document.h"
#include "tigress/timestamp.h"

namespace tigress::preview {

/// What the operator decides about the pages.
struct PageSettings {
  std::string publicOrigin;  ///< "https://relay.example", no slash at the end; never the Host header
  std::string relayName;     ///< shown as the site's name; the origin's host if empty
  std::string defaultLanguage = "en";
  bool showSenderTexts = true;  ///< false: the same words for every share of a vertical
  std::string androidPackage;   ///< of the wallet that opens links on Android; empty: no button
  std::string associatedHost;   ///< a second host that iOS hands to the wallet; empty: no button
  std::string iosStore;         ///< https:// URL of the wallet in Apple's store; empty: no link
  std::string androidStore;     ///< and in an Android store
  bool receive = false;         ///< true: pages open shares and send test shares themselves, for benches
};

/// What a page says about one share.
struct PageModel {
  std::string path;     ///< "/v1/<id>/share.json"
  char vertical = 'a';  ///< of `v=`: 'c' car, 'h' home, 'a' general access; 0 if the URL has none
  DisplayInformation display;
  TimePoint expires;
  std::string acceptLanguage;  ///< the header's value, or empty
};

/// The HTML face: made of the templates in www/ once, then filled per request. Immutable; any thread
/// may ask.
class Page {
 public:
  /// Throws std::logic_error if a template or a text is missing something: at start-up, never later. With
  /// `settings.receive` the assets must have the scripts of that.
  Page(PageSettings settings, const Assets& assets, Sha256 sha256);

  /// 200 with the preview of a share, for crawlers and for people, and an ETag of its own that depends
  /// on nothing but the content. The sender's words are cut to 60 and 120 characters, cleaned by
  /// displayText() and only shown inside the relay's own.
  Response sharePage(const PageModel& model) const;
  /// 404: the same bytes for shares that are malformed, unknown, expired and deleted.
  Response notFoundPage(std::string_view acceptLanguage) const;
  /// 200 for `GET /`.
  Response homePage(std::string_view acceptLanguage) const;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;

  struct SheetRow;
  struct Sheet {
    Template main;
    std::optional<Template> view;  // what acts as a wallet, within main
    std::string style;
    std::string script;  // with its tags; empty if the page has none
    Headers headers;     // their policy allows this style and this script and no other
  };

  Sheet makeSheet(const SheetRow& row, const Assets& assets) const;
  std::string fill(const Template& source, const Language& language, const Values& values) const;
  Response respond(int status, const Language& language, std::string_view main, Values values) const;
  Values pictureValues(std::string_view kind, const Language& language) const;
  std::string openGraph(const Language& language, const Values& values) const;
  std::string stores(const Language& language) const;
  Response makeNotFound(const Language& language) const;
  Response makeHome(const Language& language) const;

  PageSettings settings_;
  Sha256 sha256_;
  Languages languages_;
  Template frame_;
  Template openGraph_;
  Template senderWords_;
  Template store_;
  Template conversation_;
  std::map<std::string, Sheet, std::less<>> sheets_;              // by the file name of main
  std::map<std::string, std::string, std::less<>> picturePaths_;  // by kind
  // The pages that depend on the language only: a burst of 404s costs a copy each.
  std::map<std::string, Response, std::less<>> notFound_;
  std::map<std::string, Response, std::less<>> home_;
};

}  // namespace tigress::preview
