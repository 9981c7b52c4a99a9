#include "server/preview/page.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/base64.h"
#include "common/text.h"
#include "server/preview/embedded_files.h"
#include "server/preview/negotiation.h"
#include "tests/catch.h"
#include "tests/server/preview/fake_digest.h"

namespace tigress::preview {
namespace {

constexpr char kPath[] = "/v1/2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/share.json";

PageSettings settings() {
  PageSettings settings;
  settings.publicOrigin = "https://relay.example";
  settings.relayName = "Example Relay";
  return settings;
}

Page makePage(PageSettings with = settings()) {
  return Page(std::move(with), Assets({}, fakeSha256), fakeSha256);
}

PageModel model(char vertical = 'c', std::optional<std::string> title = {},
                std::optional<std::string> description = {}) {
  return {kPath,
          vertical,
          {std::move(title), std::move(description), {}},
          *parseRfc3339("2026-11-22T08:49:37Z"),
          ""};
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t countOf(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What stands between the first `open` and the next `close`.
std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t begin = text.find(open);
  REQUIRE(begin != std::string_view::npos);
  text.remove_prefix(begin + open.size());
  return std::string(text.substr(0, text.find(close)));
}

std::string og(const Response& response, const std::string& name) {
  return between(response.body, "<meta property=\"og:" + name + "\" content=\"", "\">\n");
}

const char* const kHeadTags[] = {
    "<title>",
    "<meta name=\"description\" content=\"",
    "<meta property=\"og:title\" content=\"",
    "<meta property=\"og:type\" content=\"website\">",
    "<meta property=\"og:url\" content=\"",
    "<meta property=\"og:description\" content=\"",
    "<meta property=\"og:site_name\" content=\"",
    "<meta property=\"og:locale\" content=\"",
    "<meta property=\"og:image\" content=\"",
    "<meta property=\"og:image:secure_url\" content=\"",
    "<meta property=\"og:image:type\" content=\"image/png\">",
    "<meta property=\"og:image:width\" content=\"1200\">",
    "<meta property=\"og:image:height\" content=\"630\">",
    "<meta property=\"og:image:alt\" content=\"",
    "<meta name=\"twitter:card\" content=\"summary_large_image\">",
    "<meta name=\"twitter:image:alt\" content=\"",
};

// The senders nobody wants: each text as title and as description.
std::vector<std::string> hostileTexts() {
  return {
      "\"><script>alert(1)</script>",
      "</title><meta property=\"og:url\" content=\"https://evil.example\">",
      "' onload='alert(1)' x='",
      "{{style}} {{{script}}} {relay}",
      "<!-- --> ]]> <![CDATA[",
      "&quot;&#x3C;b&#x3E; &amp",
      std::string(10'000, 'a'),
      std::string(10'000, '"'),
      std::string(10'000, '>'),
      std::string("a\nb\r\nc\td\0e\x1B[2J", 15),
      "\xE2\x80\xAE"
      "elpmaxe.live\xE2\x80\xAC \xE2\x81\xA6x\xE2\x81\xA9",
      "\xFF\xFE\xC0\x80\xED\xA0\x80",
      [] {
        std::string s;
        for (int i = 0; i < 500; ++i) s += "\xF0\x9F\x94\x91";
        return s;
      }(),
  };
}

}  // namespace

TEST_CASE("the head holds every tag once, on a line of its own, within the first 4,000 bytes") {
  const Response response = makePage().sharePage(model('c', "Ada's car", "For the weekend"));
  const std::string_view start = std::string_view(response.body).substr(0, 4000);
  for (const char* tag : kHeadTags) {
    INFO(tag);
    CHECK(countOf(response.body, tag) == 1);
    CHECK(contains(start, std::string("\n") + tag));
  }
  const std::string head = between(response.body, "<head>\n", "<style>");
  for (const std::string_view line : split(trimmed(head), '\n')) {
    INFO(line);
    CHECK((line.empty() ||
           (countOf(line, "<") == (startsWith(line, "<title>") ? 2U : 1U) && line.back() == '>')));
  }
}

TEST_CASE("the head holds these tags and no others, each written as the plainest reader expects") {
  const Response response = makePage().sharePage(model('c', "Ada's <car> & \"co\"", "For > the weekend"));
  const std::string head = between(response.body, "<head>\n", "\n<style>");
  std::vector<std::string> expected(std::begin(kHeadTags), std::end(kHeadTags));
  expected.insert(expected.begin(), "<meta charset=\"utf-8\">");
  expected.push_back("<meta name=\"viewport\" content=\"");
  expected.push_back("<meta name=\"color-scheme\" content=\"");
  const auto lines = split(head, '\n');
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(lines[i]);
    CHECK(startsWith(lines[i], expected[i]));
    CHECK_FALSE(contains(lines[i], "'"));  // double quotes only, and apostrophes escaped
    const std::size_t content = lines[i].find(" content=");
    if (content == std::string_view::npos) continue;
    const bool openGraph = contains(lines[i], "\"og:");
    CHECK(startsWith(lines[i], openGraph ? "<meta property=\"og:" : "<meta name=\""));
    // Nothing but the content's own end behind it, and nothing in it that would end it early.
    const std::string_view value = lines[i].substr(content + 10);
    CHECK(value.find_first_of("\"<>") == value.size() - 2);
  }
}

TEST_CASE("the document says what it is before anything else") {
  const Response response = makePage().sharePage(model());
  CHECK(startsWith(response.body,
                   "<!doctype html>\n<html lang=\"en\" dir=\"ltr\" prefix=\"og: https://ogp.me/ns#\">\n"
                   "<head>\n<meta charset=\"utf-8\">\n"));
}

TEST_CASE("there is nothing in the head that would mislead a reader of links") {
  const Response response = makePage().sharePage(model('c', "A", "B"));
  for (const char* tag : {"rel=\"canonical\"", "twitter:image\"", "name=\"robots\"", "http-equiv", "<link"}) {
    INFO(tag);
    CHECK_FALSE(contains(response.body, tag));
  }
  CHECK(countOf(response.body, "property=\"og:image\"") == 1);
}

TEST_CASE("og:url is the configured origin with the path and the vertical, nothing more") {
  const Page page = makePage();
  const std::string base = std::string("https://relay.example") + kPath;
  CHECK(og(page.sharePage(model('c')), "url") == base + "?v=c");
  CHECK(og(page.sharePage(model('h')), "url") == base + "?v=h");
  CHECK(og(page.sharePage(model('a')), "url") == base + "?v=a");
  CHECK(og(page.sharePage(model('\0')), "url") == base);
  CHECK(og(page.sharePage(model('"')), "url") == base);
}

TEST_CASE("the page speaks the reader's language, in its direction") {
  PageModel with = model('c', "Ada");
  with.acceptLanguage = "ar-EG, en;q=0.5";
  const Response response = makePage().sharePage(with);
  CHECK(contains(response.body, "<html lang=\"ar\" dir=\"rtl\" "));
  CHECK(og(response, "locale") == "ar_AR");
  CHECK(response.headers.get("Content-Language") == "ar");
  CHECK(contains(og(response, "title"), "«Ada»"));
  CHECK(contains(makePage().notFoundPage("de").body, "<h1>Hier ist nichts mehr</h1>"));
  CHECK(contains(makePage().homePage("ja").body, "<html lang=\"ja\""));
}

TEST_CASE("the sender's words stand inside the relay's") {
  const Response response = makePage().sharePage(model('c', "Your account is locked", "Call this number"));
  CHECK(og(response, "title") == "A car key for you: “Your account is locked”");
  CHECK(startsWith(og(response, "description"), "“Call this number” – Open this link"));
  CHECK(between(response.body, "<title>", "</title>") == og(response, "title"));
  CHECK(og(response, "site_name") == "Example Relay");
}

TEST_CASE("a share without words is named by its vertical") {
  const Page page = makePage();
  CHECK(og(page.sharePage(model('c')), "title") == "A car key for you");
  CHECK(og(page.sharePage(model('h')), "title") == "A home key for you");
  CHECK(og(page.sharePage(model('a')), "title") == "An access pass for you");
  CHECK(og(page.sharePage(model('\0', " \n ", "")), "title") == "An access pass for you");
  CHECK_FALSE(contains(page.sharePage(model('c', "", "\t")).body, "<blockquote>"));
}

TEST_CASE("general access that speaks of a hotel is a room key") {
  const Page page = makePage();
  CHECK(og(page.sharePage(model('a', "Grand HOTEL, room 12")), "title") ==
        "A room key for you: “Grand HOTEL, room 12”");
  CHECK(contains(og(page.sharePage(model('\0', "ホテルの部屋")), "image"), "/assets/hotel."));
  CHECK(contains(og(page.sharePage(model('a', "Key", "Your guest room")), "image"), "/assets/hotel."));
  CHECK(contains(og(page.sharePage(model('c', "Hotel shuttle")), "image"), "/assets/car."));
  CHECK(contains(og(page.sharePage(model('a', "Gate")), "image"), "/assets/general."));
}

TEST_CASE("the picture is the relay's own, never the uploader's") {
  const Page page = makePage();
  PageModel with = model('h');
  with.display.imageUrl = "https://tracker.example/pixel.png";
  const Response response = page.sharePage(with);
  CHECK_FALSE(contains(response.body, "tracker.example"));
  const std::string path = Assets({}, fakeSha256).pathOf("home.png");
  CHECK(og(response, "image") == "https://relay.example" + path);
  CHECK(og(response, "image:secure_url") == "https://relay.example" + path);
  CHECK(contains(response.body, "<img class=\"picture\" src=\"" + path + "\""));
}

TEST_CASE("hostile words change nothing but themselves") {
  const Page page = makePage();
  const Response harmless = page.sharePage(model('c', "x", "y"));
  for (const std::string& text : hostileTexts()) {
    INFO(text.substr(0, 80));
    const Response response = page.sharePage(model('c', text, text));
    // The same markup to the last bracket, in a page that is still small.
    CHECK(countOf(response.body, "<") == countOf(harmless.body, "<"));
    CHECK(countOf(response.body, ">") == countOf(harmless.body, ">"));
    CHECK(countOf(response.body, "\"") == countOf(harmless.body, "\""));
    CHECK(countOf(response.body, "\n") == countOf(harmless.body, "\n"));
    CHECK(isUtf8(response.body));
    CHECK(response.body.size() < 32'000);
    for (const char* hidden : {"\xE2\x80\xAE", "\xE2\x80\xAC", "\xE2\x81\xA6", "\x1B", "\r"}) {
      CHECK_FALSE(contains(response.body, hidden));
    }
    const std::string head = between(response.body, "<head>\n", "<style>");
    for (const std::string_view line : split(head, '\n')) {
      const std::size_t content = line.find("content=\"");
      if (content == std::string_view::npos) continue;
      const std::string_view value = line.substr(content + 9, line.size() - content - 11);
      // Characters, not bytes: those that do not continue one.
      CHECK(std::count_if(value.begin(), value.end(), [](char c) { return (c & 0xC0) != 0x80; }) < 300);
    }
  }
}

TEST_CASE("the tags keep to the first 4,000 bytes with the longest words, in every language") {
  PageSettings longest = settings();
  longest.publicOrigin = "https://a-relay-with-quite-a-long-name.department.example.org:8443";
  longest.relayName = std::string(200, '&');
  const Page page = makePage(longest);
  for (const Language& language : Languages("en")) {
    for (const std::string& text : hostileTexts()) {
      PageModel with = model('a', text, "hotel " + text);
      with.acceptLanguage = language.tag();
      const Response response = page.sharePage(with);
      CHECK(response.headers.get("Content-Language") == language.tag());
      INFO(language.tag() << ": " << text.substr(0, 80));
      CHECK(contains(response.body, kHeadTags[std::size(kHeadTags) - 1]));
      CHECK(response.body.find("<meta name=\"viewport\"") < 4000);
      CHECK(response.body.size() < 32'000);
    }
  }
}

TEST_CASE("every value of the page is escaped, the operator's too") {
  PageSettings odd = settings();
  odd.relayName = "<R&D>";
  odd.androidPackage = "a\"b";
  odd.associatedHost = "<host>";
  const Page page = makePage(odd);
  PageModel with = model();
  with.path = "/v1/\"<x>'";
  for (const Response& response : {page.sharePage(with), page.homePage(""), page.notFoundPage("")}) {
    CHECK_FALSE(contains(response.body, "<R"));
    CHECK_FALSE(contains(response.body, "a\"b"));
    CHECK_FALSE(contains(response.body, "<host>"));
    CHECK_FALSE(contains(response.body, "<x>"));
    CHECK(contains(response.body, "&lt;R&amp;D&gt;"));
  }
  CHECK(og(page.sharePage(with), "url") == "https://relay.example/v1/&quot;&lt;x&gt;&#39;?v=c");
}

TEST_CASE("an operator may show the same words for every share") {
  PageSettings fixed = settings();
  fixed.showSenderTexts = false;
  const Response response = makePage(fixed).sharePage(model('c', "Ada's car", "Call me"));
  CHECK(og(response, "title") == "A car key for you");
  CHECK_FALSE(contains(response.body, "Ada"));
  CHECK_FALSE(contains(response.body, "Call me"));
}

TEST_CASE("the page says in UTC until when, for a script to say it locally") {
  const Response response = makePage().sharePage(model());
  CHECK(contains(response.body,
                 "<time id=\"expires\" datetime=\"2026-11-22T08:49:37Z\">2026-11-22 08:49 UTC</time>"));
}

TEST_CASE("app stores are linked from the pages of a relay that has any, and only then") {
  CHECK_FALSE(contains(makePage().sharePage(model()).body, "class=\"store\""));
  PageSettings stores = settings();
  stores.androidStore = "https://play.example/wallet?id=1&hl=en";
  const std::string android = makePage(stores).sharePage(model()).body;
  CHECK(countOf(android, "class=\"store\"") == 1);
  CHECK(contains(android,
                 "<p class=\"store\" data-system=\"android\">"
                 "<a href=\"https://play.example/wallet?id=1&amp;hl=en\">"));
  stores.iosStore = "https://apps.example/wallet";
  CHECK(countOf(makePage(stores).sharePage(model()).body, "class=\"store\"") == 2);
}

TEST_CASE("every face of the page carries the headers that shut it off") {
  const Page page = makePage();
  for (const Response& response : {page.sharePage(model()), page.notFoundPage(""), page.homePage("")}) {
    const Headers& headers = response.headers;
    CHECK(headers.get("Content-Type") == "text/html; charset=utf-8");
    CHECK(headers.get("Cache-Control") == "no-store, no-transform");
    CHECK(headers.get("Vary") == "Accept, Accept-Language, User-Agent");
    CHECK(headers.get("X-Robots-Tag") == "noindex, nofollow, noarchive");
    CHECK(headers.get("Referrer-Policy") == "no-referrer");
    CHECK(headers.get("X-Content-Type-Options") == "nosniff");
    CHECK(headers.get("X-Frame-Options") == "DENY");
    CHECK(headers.get("Cross-Origin-Opener-Policy") == "same-origin");
    CHECK(headers.get("Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(headers.get("Strict-Transport-Security") == "max-age=31536000");
    CHECK(headers.get("Content-Language") == "en");
    CHECK(contains(headers.get("Permissions-Policy"), "clipboard-write=(self)"));
    CHECK(countOf(headers.get("Permissions-Policy"), "(self)") == 1);
    for (const char* directive :
         {"default-src 'none'", "img-src 'self'", "base-uri 'none'", "form-action 'none'",
          "frame-ancestors 'none'", "require-trusted-types-for 'script'"}) {
      CHECK(contains(headers.get("Content-Security-Policy"), directive));
    }
    CHECK_FALSE(contains(headers.get("Content-Security-Policy"), "unsafe"));
  }
}

TEST_CASE("the policy allows the one style and the one script that are in the page, byte for byte") {
  const Page page = makePage();
  for (const Response& response : {page.sharePage(model()), page.notFoundPage(""), page.homePage("")}) {
    const std::string_view policy = response.headers.get("Content-Security-Policy");
    CHECK(countOf(response.body, "<style") == 1);
    CHECK(countOf(response.body, "<script") <= 1);
    CHECK_FALSE(contains(response.body, " style="));
    const std::string style = between(response.body, "<style>", "</style>");
    CHECK(contains(policy, "style-src 'sha256-" + base64Encode(fakeSha256(style)) + "';"));
    if (contains(response.body, "<script")) {
      const std::string script = between(response.body, "<script>", "</script>");
      CHECK(contains(policy, "script-src 'sha256-" + base64Encode(fakeSha256(script)) + "';"));
    } else {
      CHECK(contains(policy, "script-src 'none';"));
    }
  }
  CHECK(countOf(page.sharePage(model()).body, "<script") == 1);
}

TEST_CASE("a page that acts as a wallet may run its scripts and ask its own relay, and no more") {
  PageSettings receiving = settings();
  receiving.receive = true;
  const Assets assets({}, fakeSha256, true);
  const Page page(receiving, assets, fakeSha256);
  const std::pair<Response, std::vector<std::string>> rows[] = {
      {page.sharePage(model()), {"wallet.js", "conversation.js", "receive.js"}},
      {page.homePage(""), {"wallet.js", "conversation.js", "send.js"}},
  };
  for (const auto& [response, scripts] : rows) {
    const std::string_view policy = response.headers.get("Content-Security-Policy");
    CHECK(contains(policy, "; connect-src 'self';"));
    CHECK(contains(policy, "default-src 'none'"));
    CHECK(contains(policy, "require-trusted-types-for 'script'"));
    CHECK(countOf(response.body, "<script src=") == scripts.size());
    std::size_t before = 0;
    for (const std::string& script : scripts) {
      INFO(script);
      const std::string hash = "sha256-" + base64Encode(fakeSha256(embeddedFile(script)));
      const std::size_t at = response.body.find("<script src=\"" + assets.pathOf(script) + "\" integrity=\"" +
                                                hash + "\"></script>\n");
      CHECK(at != std::string::npos);
      CHECK(at > before);  // each knows the names of those before it
      CHECK(contains(policy, " '" + hash + '\''));
      before = at;
    }
    const std::string style = between(response.body, "<style>", "</style>");
    CHECK(contains(policy, "style-src 'sha256-" + base64Encode(fakeSha256(style)) + "';"));
    CHECK_FALSE(contains(between(response.body, "<body", "</footer>"), "://"));
  }
  CHECK(contains(page.sharePage(model()).body, std::string("data-path=\"") + kPath + '"'));
  CHECK_FALSE(contains(page.notFoundPage("").headers.get("Content-Security-Policy"), "connect-src"));
  CHECK_FALSE(contains(page.notFoundPage("").body, "<script src="));
}

TEST_CASE("a page acts as a wallet in every language, and is still small") {
  PageSettings receiving = settings();
  receiving.receive = true;
  const Page page(receiving, Assets({}, fakeSha256, true), fakeSha256);
  const auto text = [](const Language& language, std::string_view key) { return language.text(key); };
  for (const Language& language : Languages("en")) {
    INFO(language.tag());
    PageModel with = model();
    with.acceptLanguage = language.tag();
    const std::string share = page.sharePage(with).body;
    const std::string home = page.homePage(language.tag()).body;
    CHECK(contains(share, ">" + text(language, "receive.open") + "</button>"));
    CHECK(contains(home, ">" + text(language, "send.create") + "</button>"));
    for (const std::string& body : {share, home}) {
      CHECK(body.size() < 32'000);
      CHECK_FALSE(contains(body, "{{"));
    }
  }
}

TEST_CASE("a page does not act as a wallet unless it is told to") {
  const Page page = makePage();
  for (const Response& response : {page.sharePage(model()), page.homePage("")}) {
    for (const char* trace : {"wallet-", ".wallet", "receive", "send-", "<script src=", "integrity"}) {
      INFO(trace);
      CHECK_FALSE(contains(response.body, trace));
    }
    CHECK_FALSE(contains(response.headers.get("Content-Security-Policy"), "connect-src"));
  }
  PageSettings receiving = settings();
  receiving.receive = true;
  CHECK_THROWS_AS(makePage(receiving), std::logic_error);  // the assets have no scripts for it
}

TEST_CASE("only a relay on https asks for https ever after") {
  PageSettings plain = settings();
  plain.publicOrigin = "http://127.0.0.1:8080";
  CHECK_FALSE(makePage(plain).sharePage(model()).headers.has("Strict-Transport-Security"));
}

TEST_CASE("a relay without a name is called by its host") {
  PageSettings unnamed = settings();
  unnamed.relayName.clear();
  CHECK(og(makePage(unnamed).sharePage(model()), "site_name") == "relay.example");
}

TEST_CASE("the page's ETag depends on its content and on nothing else") {
  const Page page = makePage();
  const auto tagOf = [&](const PageModel& of) { return std::string(page.sharePage(of).headers.get("ETag")); };
  CHECK(EntityTag::parse(tagOf(model())));
  CHECK(tagOf(model()) == tagOf(model()));
  CHECK(tagOf(model()) == std::string(makePage().sharePage(model()).headers.get("ETag")));
  CHECK(tagOf(model()) != tagOf(model('h')));
  CHECK(tagOf(model()) != tagOf(model('c', "x")));
  PageModel later = model();
  later.expires += std::chrono::hours(1);
  CHECK(tagOf(model()) != tagOf(later));
}

TEST_CASE("the 404 page names no share and offers nothing to preview") {
  const Page page = makePage();
  const Response response = page.notFoundPage("en");
  CHECK(response.status == 404);
  CHECK_FALSE(contains(response.body, "og:title"));
  CHECK_FALSE(response.headers.has("ETag"));
  CHECK(contains(response.body, "<h1>There is nothing here any more</h1>"));
  CHECK(page.notFoundPage("en").body == page.notFoundPage("tlh, *;q=0.1").body);
}

TEST_CASE("the relay's own page previews as the relay") {
  const Response response = makePage().homePage("");
  CHECK(response.status == 200);
  CHECK(og(response, "url") == "https://relay.example/");
  CHECK(og(response, "title") == "Example Relay: hand over a digital key by link");
  for (const char* tag : kHeadTags) CHECK(countOf(response.body, tag) == 1);
}

TEST_CASE("no page asks anybody else for anything") {
  const Page page = makePage();
  for (const Response& response :
       {page.sharePage(model('c', "A", "B")), page.homePage(""), page.notFoundPage("")}) {
    const std::string_view body = response.body;
    for (const char* attribute :
         {" src=\"", " href=\"", " srcset=\"", " action=\"", "url(", "@import", "import("}) {
      for (std::size_t at = body.find(attribute); at != std::string_view::npos;
           at = body.find(attribute, at + 1)) {
        INFO(body.substr(at, 80));
        CHECK(startsWith(body.substr(at + std::string_view(attribute).size()), "/assets/"));
      }
    }
    // Addresses are for crawlers to read (og:) or the script's own scheme, never for the page to load.
    CHECK_FALSE(contains(between(body, "<body", "</footer>"), "://"));
  }
}

TEST_CASE("without script the page still tells what to do") {
  const std::string body = makePage().sharePage(model()).body;
  const std::string main = between(body, "<main>", "</main>");
  CHECK(contains(main, "<noscript>"));
  CHECK(contains(main, "Open this link on the phone"));
  // What only a script can do is hidden until a script shows it.
  CHECK(contains(main, "id=\"incomplete\" role=\"alert\" hidden"));
  CHECK(contains(main, "id=\"open\" hidden"));
  CHECK(contains(main, "id=\"show\" type=\"button\" aria-expanded=\"false\" aria-controls=\"code\" hidden"));
  CHECK(contains(main, "id=\"copy\" type=\"button\" hidden"));
  CHECK(contains(main, "id=\"code\" hidden"));
}

}  // namespace tigress::preview
