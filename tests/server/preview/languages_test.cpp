#include "server/preview/languages.h"

#include "tests/catch.h"

namespace tigress::preview {

TEST_CASE("every language has the texts of English, with the same places") {
  const Languages languages("en");
  const Language& english = languages.choose("en");
  for (const Language& language : languages) {
    INFO(language.tag());
    CHECK(language.keys() == english.keys());
    const auto marked = [](std::string_view name) { return "{" + std::string(name) + "}"; };
    for (const std::string& key : english.keys()) {
      INFO(key);
      REQUIRE(language.has(key));
      for (const char* place : {"{relay}", "{offer}", "{sender_title}", "{sender_description}"}) {
        INFO(place);
        const bool expected = english.text(key, marked).find(place) != std::string::npos;
        CHECK((language.text(key, marked).find(place) != std::string::npos) == expected);
      }
    }
  }
}

TEST_CASE("the language is the reader's where it is shipped, else the default") {
  const Languages languages("en");
  CHECK(languages.choose("").tag() == "en");
  CHECK(languages.choose("tlh").tag() == "en");
  CHECK(languages.choose("en-GB").tag() == "en");
  CHECK(languages.choose("EN-gb-oxendict;q=0.3").tag() == "en");
  CHECK(languages.choose("*").tag() == "en");
  CHECK(languages.choose("*, de;q=0.9").tag() == "en");
  CHECK(languages.choose("en;q=0").tag() == "en");
  CHECK(languages.choose("de").tag() == "de");
  CHECK(languages.choose("de-CH-1996, en;q=0.9").tag() == "de");
  CHECK(languages.choose("en;q=0.8, ja").tag() == "ja");
  CHECK(languages.choose("fr;q=0.5, es;q=0.5").tag() == "fr");
  CHECK(languages.choose("tlh, ar;q=0.1").tag() == "ar");
  CHECK(languages.choose("de;q=0, fr;q=0.001").tag() == "fr");
  CHECK(Languages("ja").choose("tlh").tag() == "ja");
  CHECK(languages.choose(", ;;q==,en;q=9,\xFF").tag() == "en");
}

TEST_CASE("a default language that is not shipped is an error at start-up") {
  CHECK_THROWS_AS(Languages("tlh"), std::logic_error);
}

TEST_CASE("a broken file of texts names its line") {
  CHECK_THROWS_WITH(Language("xx", "# words\na = b\nnonsense\n"), Catch::Contains("xx.txt, line 3"));
  CHECK_THROWS_WITH(Language("xx", "a = b\na = c\n"), Catch::Contains("line 2"));
  CHECK_THROWS_WITH(Language("xx", "a =\n"), Catch::Contains("line 1"));
}

TEST_CASE("a text fills its places and keeps an equals sign") {
  const Language language("xx", "greeting = Hello {{name}} = you\n");
  CHECK(language.text("greeting", [](std::string_view) { return "{{name}}"; }) == "Hello {{name}} = you");
  CHECK_THROWS_AS(language.text("greeting"), std::logic_error);
  CHECK_THROWS_AS(language.text("farewell"), std::logic_error);
}

TEST_CASE("a template escapes values, but not what is markup already") {
  const auto value = [](std::string_view) { return "<\"{{x}}\">"; };
  CHECK(Template("a {{x}} b {{{x}}} c").html(value) == "a &lt;&quot;{{x}}&quot;&gt; b <\"{{x}}\"> c");
  CHECK(Template("{{ x }}").text(value) == "<\"{{x}}\">");
  CHECK(Template("").html(value).empty());
  CHECK_THROWS_AS(Template("a {{x"), std::logic_error);
}

}  // namespace tigress::preview
