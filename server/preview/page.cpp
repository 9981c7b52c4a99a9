#include "server/preview/page.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/base64.h"
#include "common/text.h"
#include "server/preview/display_text.h"
#include "server/preview/embedded_files.h"
#include "server/preview/negotiation.h"

namespace tigress::preview {
namespace {

constexpr std::size_t kTitleLength = 60;
constexpr std::size_t kDescriptionLength = 120;
constexpr std::size_t kRelayNameLength = 40;

// What a share can be to a person. Each has a picture, a colour in page.css, and texts `<kind>.offer`
// and `<kind>.alt`.
constexpr std::string_view kKinds[] = {"car", "home", "hotel", "general"};

// Hotels share by general access and say what they are in words only. Lower case; looked for anywhere
// in the sender's texts.
constexpr std::string_view kHotelWords[] = {
    "hotel",           "hôtel",      "hostel",  "motel",  "resort", "room key", "guest room",
    "zimmerschlüssel", "habitación", "albergo", "ホテル", "旅館",   "酒店",     "فندق",
};

constexpr std::string_view kShare = "share.html";
constexpr std::string_view kNotFound = "not_found.html";
constexpr std::string_view kHome = "home.html";

// All that a page could ask a browser for and this one never will; writing to the clipboard is left to
// the page itself. Only names that Chromium knows: it complains of others on the console.
constexpr std::string_view kPermissionsPolicy =
    "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), "
    "display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), "
    "idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), "
    "picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), "
    "screen-wake-lock=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=()";

// A year, this host only: what else lives in the domain is not the relay's to decide.
constexpr std::string_view kStrictTransport = "max-age=31536000";

std::string_view hostOf(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
}

bool namesHotel(const std::optional<std::string>& text) {
  if (!text) return false;
  const std::string lower = asciiLower(*text);
  return std::any_of(std::begin(kHotelWords), std::end(kHotelWords),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string_view kindOf(const PageModel& model) {
  if (model.vertical == 'c') return "car";
  if (model.vertical == 'h') return "home";
  return namesHotel(model.display.title) || namesHotel(model.display.description) ? "hotel" : "general";
}

std::string queryOf(char vertical) {
  return vertical == 'c' || vertical == 'h' || vertical == 'a' ? std::string("?v=") + vertical
                                                               : std::string();
}

// "2026-11-21 08:49 UTC": read the same everywhere; the script puts the reader's own form in its place.
std::string readableUtc(TimePoint time) {
  const std::string text = formatRfc3339(time);
  return text.substr(0, 10) + ' ' + text.substr(11, 5) + " UTC";
}

std::string joined(const std::vector<std::string_view>& scripts) {
  std::string script;
  for (const std::string_view name : scripts) script += embeddedFile(name);
  return script;
}

// As it stands in a policy, and in `integrity` without its quotation marks.
std::string hashOf(const Sha256& sha256, std::string_view text) {
  return "sha256-" + base64Encode(sha256(text));
}

Headers pageHeaders(const PageSettings& settings, std::string policy) {
  Headers headers{
      {"Content-Type", "text/html; charset=utf-8"},
      {"Cache-Control", std::string(kCacheControl)},
      {"Vary", std::string(kVary)},
      {"X-Robots-Tag", "noindex, nofollow, noarchive"},
      {"Content-Security-Policy", std::move(policy)},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", std::string(kPermissionsPolicy)},
  };
  if (startsWith(settings.publicOrigin, "https://")) {
    headers.add("Strict-Transport-Security", std::string(kStrictTransport));
  }
  return headers;
}

PageSettings completed(PageSettings settings) {
  if (settings.relayName.empty()) settings.relayName = hostOf(settings.publicOrigin);
  settings.relayName = displayText(settings.relayName, kRelayNameLength);
  return settings;
}

}  // namespace

// What stands inside page.html, and the scripts of www/ that come with it. They become one, in this
// order: a later one knows the names of those before it.
struct Page::SheetRow {
  std::string_view main;
  std::vector<std::string_view> scripts;
  // With www.receive also a part by which the page acts as a wallet, and its scripts. They are too long
  // to stand in a page that crawlers read.
  std::string_view view;
  std::vector<std::string_view> viewScripts;
};

Page::Page(PageSettings settings, const Assets& assets, Sha256 sha256)
    : settings_(completed(std::move(settings))),
      sha256_(std::move(sha256)),
      languages_(settings_.defaultLanguage),
      frame_(embeddedFile("page.html")),
      openGraph_(embeddedFile("opengraph.html")),
      senderWords_(embeddedFile("words.html")),
      store_(embeddedFile("store.html")),
      conversation_(embeddedFile("conversation.html")) {
  const SheetRow rows[] = {
      {kShare,
       {"link.js", "qr.js", "page.js"},
       "receive.html",
       {"wallet.js", "conversation.js", "receive.js"}},
      {kNotFound, {}, {}, {}},
      {kHome, {}, "send.html", {"wallet.js", "conversation.js", "send.js"}},
  };
  for (const SheetRow& row : rows) sheets_.emplace(row.main, makeSheet(row, assets));
  for (const std::string_view kind : kKinds) {
    picturePaths_.emplace(kind, assets.pathOf(std::string(kind) + ".png"));
  }
  for (const Language& language : languages_) {
    notFound_.emplace(language.tag(), makeNotFound(language));
    home_.emplace(language.tag(), makeHome(language));
    // A share of every kind, once: a missing text ends the start, not a request.
    for (const char vertical : {'c', 'h', 'a', '\0'}) {
      sharePage({"/", vertical, {"hotel", "", {}}, TimePoint(), language.tag()});
      sharePage({"/", vertical, {}, TimePoint(), language.tag()});
    }
  }
}

Page::Sheet Page::makeSheet(const SheetRow& row, const Assets& assets) const {
  const bool acts = settings_.receive && !row.view.empty();
  Sheet sheet{Template(embeddedFile(row.main)), {}, std::string(embeddedFile("page.css")), {}, {}};
  std::string allowed;
  if (const std::string script = joined(row.scripts); !script.empty()) {
    sheet.script = "<script>" + script + "</script>\n";
    allowed += " '" + hashOf(sha256_, script) + '\'';
  }
  if (acts) {
    sheet.view = Template(embeddedFile(row.view));
    sheet.style += embeddedFile("wallet.css");
    for (const std::string_view file : row.viewScripts) {
      const std::string hash = hashOf(sha256_, embeddedFile(file));
      sheet.script += "<script src=\"" + assets.pathOf(file) + "\" integrity=\"" + hash + "\"></script>\n";
      allowed += " '" + hash + '\'';
    }
  }
  sheet.headers = pageHeaders(
      settings_, "default-src 'none'; style-src '" + hashOf(sha256_, sheet.style) + "'; script-src" +
                     (allowed.empty() ? " 'none'" : allowed) + (acts ? "; connect-src 'self'" : "") +
                     "; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                     "require-trusted-types-for 'script'");
  return sheet;
}

std::string Page::fill(const Template& source, const Language& language, const Values& values) const {
  const auto valueOf = [&](std::string_view name) -> std::string {
    if (const auto found = values.find(name); found != values.end()) return found->second;
    if (name == "relay") return settings_.relayName;
    if (name == "language") return language.tag();
    throw std::logic_error("nothing to fill in for " + std::string(name));
  };
  return source.html([&](std::string_view name) {
    return language.has(name) ? language.text(name, valueOf) : valueOf(name);
  });
}

Page::Values Page::pictureValues(std::string_view kind, const Language& language) const {
  const std::string& path = picturePaths_.find(kind)->second;
  return {
      {"kind", std::string(kind)},
      {"picture", path},
      {"image", settings_.publicOrigin + path},
      {"alt", language.text(std::string(kind) + ".alt")},
  };
}

std::string Page::openGraph(const Language& language, const Values& values) const {
  return fill(openGraph_, language, values);
}

std::string Page::stores(const Language& language) const {
  std::string links;
  for (const auto& [system, address] : {std::pair<std::string, const std::string&>("ios", settings_.iosStore),
                                        {"android", settings_.androidStore}}) {
    if (address.empty()) continue;
    links += fill(store_, language,
                  {{"system", system}, {"store", address}, {"store_text", language.text("store." + system)}});
  }
  return links;
}

Response Page::respond(int status, const Language& language, std::string_view main, Values values) const {
  const Sheet& sheet = sheets_.find(main)->second;
  values.emplace("footer", settings_.relayName);
  if (sheet.view) values["conversation"] = fill(conversation_, language, values);
  values["view"] = sheet.view ? fill(*sheet.view, language, values) : std::string();
  values["main"] = fill(sheet.main, language, values);
  values["style"] = sheet.style;
  values["script"] = sheet.script;
  Response response{status, sheet.headers, fill(frame_, language, values)};
  response.headers.add("Content-Language", language.tag());
  if (status == 200) response.headers.add("ETag", "\"page-" + contentName(sha256_, response.body) + '"');
  return response;
}

Response Page::sharePage(const PageModel& model) const {
  const Language& language = languages_.choose(model.acceptLanguage);
  const std::string_view kind = kindOf(model);
  const DisplayInformation display = settings_.showSenderTexts ? model.display : DisplayInformation();

  Values values = pictureValues(kind, language);
  values["offer"] = language.text(std::string(kind) + ".offer");
  values["sender_title"] = displayText(display.title.value_or(""), kTitleLength);
  values["sender_description"] = displayText(display.description.value_or(""), kDescriptionLength);
  const bool titled = !values["sender_title"].empty();
  const bool described = !values["sender_description"].empty();

  const auto valueOf = [&](std::string_view name) { return values.find(name)->second; };
  values["title"] = titled ? language.text("preview.titled", valueOf) : values["offer"];
  values["description"] =
      described ? language.text("preview.described", valueOf) : language.text("preview.undescribed");
  values["path"] = model.path;
  values["url"] = settings_.publicOrigin + model.path + queryOf(model.vertical);
  values["opengraph"] = openGraph(language, values);

  values["words"] = titled || described ? fill(senderWords_, language, values) : std::string();
  values["stores"] = stores(language);
  values["expires"] = formatRfc3339(model.expires);
  values["expires_text"] = readableUtc(model.expires);
  values["android"] = settings_.androidPackage;
  values["host"] = settings_.associatedHost;
  values["footer"] = language.text("footer.relay", [&](std::string_view) { return settings_.relayName; });
  return respond(200, language, kShare, std::move(values));
}

Response Page::makeNotFound(const Language& language) const {
  // No OpenGraph tags: nothing here should become somebody's preview.
  return respond(404, language, kNotFound,
                 {{"kind", "general"},
                  {"title", language.text("not_found.heading")},
                  {"description", language.text("not_found.reason")},
                  {"opengraph", ""}});
}

Response Page::makeHome(const Language& language) const {
  Values values = pictureValues("general", language);
  values["title"] = language.text("home_page.title", [&](std::string_view) { return settings_.relayName; });
  values["description"] = language.text("home_page.what");
  values["url"] = settings_.publicOrigin + '/';
  values["opengraph"] = openGraph(language, values);
  return respond(200, language, kHome, std::move(values));
}

Response Page::notFoundPage(std::string_view acceptLanguage) const {
  return notFound_.find(languages_.choose(acceptLanguage).tag())->second;
}

Response Page::homePage(std::string_view acceptLanguage) const {
  return home_.find(languages_.choose(acceptLanguage).tag())->second;
}

}  // namespace tigress::preview
