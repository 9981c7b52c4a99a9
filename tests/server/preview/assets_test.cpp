#include "server/preview/assets.h"

#include "server/preview/embedded_files.h"
#include "tests/catch.h"
#include "tests/server/preview/fake_digest.h"

namespace tigress::preview {
namespace {

const char* const kPictures[] = {"car.png", "home.png", "hotel.png", "general.png"};

std::uint32_t bigEndian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

TEST_CASE("a picture is kept for ever under a name of its content, for every origin") {
  const Assets assets({}, fakeSha256);
  for (const char* name : kPictures) {
    const std::string& path = assets.pathOf(name);
    INFO(path);
    const auto response = assets.find(path);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->headers.get("Content-Type") == "image/png");
    CHECK(response->headers.get("Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(response->headers.get("Cross-Origin-Resource-Policy") == "cross-origin");
    CHECK(response->headers.get("X-Content-Type-Options") == "nosniff");
    CHECK(EntityTag::parse(response->headers.get("ETag")));
    CHECK(response->body == embeddedFile(std::string("pictures/") + name));
    CHECK(path ==
          "/assets/" + std::string(name).replace(std::string(name).find('.'), 1,
                                                 '.' + contentName(fakeSha256, response->body) + '.'));
  }
}

TEST_CASE("a picture of other content, or by its bare name, is not there") {
  const Assets assets({}, fakeSha256);
  const Assets others({}, [](std::string_view text) { return fakeSha256(std::string(text) + "!"); });
  CHECK_FALSE(assets.find(others.pathOf("car.png")));
  for (const char* path : {"/assets/car.png", "/pictures/car.png", "/assets/", "/assets/../page.html",
                           "/page.css", "/texts/en.txt", "", "/", "robots.txt"}) {
    CHECK_FALSE(assets.find(path));
  }
  CHECK_THROWS_AS(assets.pathOf("boat.png"), std::logic_error);
}

TEST_CASE("the scripts of a wallet are there when they are asked for, kept for ever") {
  const Assets assets({}, fakeSha256, true);
  const Assets without({}, fakeSha256);
  for (const char* name : {"wallet.js", "conversation.js", "receive.js", "send.js"}) {
    INFO(name);
    const auto response = assets.find(assets.pathOf(name));
    REQUIRE(response);
    CHECK(response->headers.get("Content-Type") == "text/javascript; charset=utf-8");
    CHECK(response->headers.get("Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(response->headers.get("X-Content-Type-Options") == "nosniff");
    CHECK_FALSE(response->headers.has("Cross-Origin-Resource-Policy"));
    CHECK(response->body == embeddedFile(name));
    CHECK_FALSE(without.find(assets.pathOf(name)));
    CHECK_THROWS_AS(without.pathOf(name), std::logic_error);
  }
}

TEST_CASE("pictures are what every crawler takes: PNG, 1200 by 630, no alpha, under 200 kB") {
  for (const char* name : kPictures) {
    INFO(name);
    const std::string_view png = embeddedFile(std::string("pictures/") + name);
    REQUIRE(png.size() > 33);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1A\n");
    CHECK(png.substr(12, 4) == "IHDR");
    CHECK(bigEndian(png, 16) == 1200);
    CHECK(bigEndian(png, 20) == 630);
    const char colourType = png[25];
    CHECK((colourType == 2 || colourType == 3));  // RGB or palette (PNG section 11.2.1)
    CHECK(png.find("tRNS") == std::string_view::npos);
    CHECK(png.size() < 200'000);
  }
}

TEST_CASE("the files of the outside world's naming are there, with their types") {
  const Assets assets({}, fakeSha256);
  struct Row {
    const char* path;
    const char* type;
  };
  for (const Row& row :
       {Row{"/robots.txt", "text/plain; charset=utf-8"}, Row{"/favicon.ico", "image/x-icon"},
        Row{"/apple-touch-icon.png", "image/png"}, Row{"/apple-touch-icon-precomposed.png", "image/png"},
        Row{"/apple-touch-icon-120x120.png", "image/png"},
        Row{"/apple-touch-icon-120x120-precomposed.png", "image/png"}}) {
    INFO(row.path);
    const auto response = assets.find(row.path);
    REQUIRE(response);
    CHECK(response->headers.get("Content-Type") == row.type);
    CHECK(response->headers.get("Cache-Control") == "public, max-age=86400");
    CHECK(response->headers.get("X-Content-Type-Options") == "nosniff");
    CHECK_FALSE(response->body.empty());
  }
  const std::string icon = assets.find("/apple-touch-icon.png")->body;
  CHECK(bigEndian(icon, 16) == 180);
  CHECK(bigEndian(icon, 20) == 180);
  CHECK_FALSE(assets.find("/robots.txt")->headers.has("Cross-Origin-Resource-Policy"));
  CHECK(assets.find("/robots.txt")->body.find("User-agent: *\nAllow: /\n") != std::string::npos);
}

TEST_CASE("app-link files are served as they are set, and only then") {
  const Assets none({}, fakeSha256);
  CHECK_FALSE(none.find("/.well-known/apple-app-site-association"));
  CHECK_FALSE(none.find("/.well-known/assetlinks.json"));

  const Assets both({R"({"applinks":{}})", "[]"}, fakeSha256);
  const auto apple = both.find("/.well-known/apple-app-site-association");
  REQUIRE(apple);
  CHECK(apple->body == R"({"applinks":{}})");
  CHECK(apple->headers.get("Content-Type") == "application/json");
  const auto android = both.find("/.well-known/assetlinks.json");
  REQUIRE(android);
  CHECK(android->body == "[]");
  CHECK(android->headers.get("Content-Type") == "application/json");
}

}  // namespace tigress::preview
