#include "common/base64.h"

#include "tests/catch.h"
#include "tigress/random.h"

namespace tigress {

TEST_CASE("base64 of RFC 4648 section 10, and back") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    INFO(text);
    CHECK(base64Encode(bytes) == text);
    CHECK(base64Decode(text) == std::string(bytes));
    const std::string bare = std::string(text).substr(0, std::string(text).find('='));
    CHECK(base64Decode(bare) == std::string(bytes));
    CHECK(base64UrlEncode(bytes) == bare);
    CHECK(base64UrlDecode(bare) == std::string(bytes));
  }
}

TEST_CASE("the two alphabets differ in two characters and are not mixed") {
  const std::string bytes = "\xFB\xEF\xFF";
  CHECK(base64Encode(bytes) == "++//");
  CHECK(base64UrlEncode(bytes) == "--__");
  CHECK_FALSE(base64Decode("--__"));
  CHECK_FALSE(base64UrlDecode("++//"));
  CHECK_FALSE(base64Decode("+-/_"));
}

TEST_CASE("bytes of every length come back") {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string bytes = randomBytes(systemRandom, size);
    CHECK(base64Decode(base64Encode(bytes)) == bytes);
    CHECK(base64UrlDecode(base64UrlEncode(bytes)) == bytes);
    CHECK(base64Encode(bytes).size() == (size + 2) / 3 * 4);
  }
}

TEST_CASE("what is not base64 to the letter is refused") {
  for (const char* text : {"=",    "==",    "===",   "====",   "Z",        "Z=",    "Z==",      "Z===",
                           "Zg=",  "Zg===", "Zm8==", "Zm9v=",  "Zm9v====", "Zm9vY", "Zg==Zg==", "Zm=v",
                           "=Zm9", " Zg==", "Zg== ", "Zm\n9v", "Zm9v\n",   "Zm9*",  "Zm9\x80",  "Zm9\xFF"}) {
    INFO(text);
    CHECK_FALSE(base64Decode(text));
  }
  CHECK_FALSE(base64Decode(std::string("Zm9\0", 4)));
}

TEST_CASE("bits that belong to no byte must be zero, so that each text has one spelling") {
  CHECK(base64Decode("Zg==") == "f");
  for (const char* text : {"Zh==", "Zm==", "Zv==", "Zh", "Zm9=", "Zm/=", "Zm9"}) {
    INFO(text);
    CHECK_FALSE(base64Decode(text));
  }
}

}  // namespace tigress
