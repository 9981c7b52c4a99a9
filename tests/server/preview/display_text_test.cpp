#include "server/preview/display_text.h"

#include "common/text.h"
#include "tests/catch.h"

namespace tigress::preview {

TEST_CASE("a plain text is shown as it is") {
  CHECK(displayText("Ada's blue car", 60) == "Ada's blue car");
  CHECK(displayText("車の鍵 – مفتاح – clé", 60) == "車の鍵 – مفتاح – clé");
  CHECK(displayText("", 60).empty());
}

TEST_CASE("white space of every kind is one blank and none at the ends") {
  CHECK(displayText(" \t a \r\n\n b\xC2\xA0\xE3\x80\x80 c\xE2\x80\xA8 ", 60) == "a b c");
  CHECK(displayText(" \n\t ", 60).empty());
}

TEST_CASE("control characters are not shown") {
  CHECK(displayText(std::string_view("a\0b\x1B[31mc\x7F\xC2\x9B", 13), 60) == "ab[31mc");
}

TEST_CASE("characters that turn, join or hide text are not shown") {
  const char* hidden[] = {
      "\xE2\x80\xAA",     "\xE2\x80\xAB",     "\xE2\x80\xAC", "\xE2\x80\xAD",
      "\xE2\x80\xAE",                                                          // embeddings, overrides
      "\xE2\x81\xA6",     "\xE2\x81\xA7",     "\xE2\x81\xA8", "\xE2\x81\xA9",  // isolates
      "\xE2\x80\x8E",     "\xE2\x80\x8F",     "\xD8\x9C",                      // marks
      "\xE2\x80\x8B",     "\xE2\x81\xA0",     "\xEF\xBB\xBF", "\xC2\xAD",      // of no width
      "\xF3\xA0\x80\x81", "\xF3\xA0\x81\xA1",                                  // tags
  };
  for (const char* character : hidden) {
    CHECK(displayText(std::string("a") + character + "b", 60) == "ab");
    CHECK(displayText(character, 60).empty());
  }
}

TEST_CASE("joiners of emoji and of Persian stay") {
  CHECK(displayText("👩‍🚀 می‌خواهم", 60) == "👩‍🚀 می‌خواهم");
}

TEST_CASE("a long text is cut to its length with an ellipsis in it") {
  CHECK(displayText(std::string(60, 'a'), 60) == std::string(60, 'a'));
  CHECK(displayText(std::string(61, 'a'), 60) == std::string(59, 'a') + "…");
  CHECK(displayText(std::string(10'000'000, 'a'), 60) == std::string(59, 'a') + "…");
  CHECK(displayText("one two three", 8) == "one two…");
  CHECK(displayText("one two three", 9) == "one two…");
  CHECK(displayText("鍵鍵鍵鍵", 3) == "鍵鍵…");
}

TEST_CASE("a cut leaves no half of an emoji and no loose accent") {
  CHECK(displayText("ab👩‍🚀cd", 5) == "ab…");
  CHECK(displayText("abe\xCC\x81"
                    "cd",
                    4) == "ab…");
  CHECK(displayText("a\xCC\x81\xCC\x81\xCC\x81\xCC\x81", 3) == "…");
}

TEST_CASE("marks do not pile up, nor reach out of the text") {
  const std::string acute = "\xCC\x81";
  const std::string thousand = "\xD2\x89";  // a sign drawn through and around
  CHECK(displayText("a" + acute + acute + acute + acute + thousand + "b", 60) ==
        "a" + acute + acute + acute + "b");
  CHECK(displayText(acute + thousand + "a", 60) == "a");
  CHECK(displayText("a " + acute + "b", 60) == "a b");
  CHECK(displayText(acute, 60).empty());
  CHECK(displayText("שָׁלוֹם مُحَمَّدٌ ที่นี้ Việt", 60) == "שָׁלוֹם مُحَمَّدٌ ที่นี้ Việt");
}

TEST_CASE("marks of every script are marks, and what is never seen is left out") {
  for (const char* mark : {"\u0EC8", "\u0730", "\u1CD0", "\uA8E0", "\uA66F", "\u07EB", "\u0DCA", "\U000E0100",
                           "\U00010A0F", "\U0001E944"}) {
    INFO(mark);
    std::string pile = "a";
    for (int i = 0; i < 50; ++i) pile += mark;
    CHECK(displayText(pile + "b", 60).size() <= 2 + 3 * std::string(mark).size());
    CHECK(displayText(mark, 60).empty());
  }
  CHECK(displayText("a\U0001D173\U00013430\U0001BCA0\u17B4"
                    "b",
                    60) == "ab");
  CHECK(displayText("हिन्दी ภาษาไทย བོད་སྐད ខ្មែរ", 60) == "हिन्दी ภาษาไทย བོད་སྐད ខ្មែរ");
}

TEST_CASE("blanks at the end do not count as a cut") {
  CHECK(displayText("abc   ", 3) == "abc");
}

TEST_CASE("a text of markup is cut before it grows under escaping") {
  CHECK(displayText(std::string(60, '"'), 60) == std::string(15, '"') + "…");
  CHECK(displayText("<b>bold & brave</b>", 60) == "<b>bold & brave</b>");
}

TEST_CASE("broken UTF-8 is replaced and what follows survives") {
  CHECK(displayText("a\xFF"
                    "b",
                    60) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(displayText("a\xE2\x80", 60) == "a\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(displayText("\xC0\x80\xED\xA0\x80z", 60) ==
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
  for (int lead = 0x80; lead < 0x100; ++lead) {
    CHECK(isUtf8(displayText(std::string(3, static_cast<char>(lead)) + "ab", 60)));
  }
}

}  // namespace tigress::preview
