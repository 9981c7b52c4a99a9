#include "tigress/uuid.h"

#include <set>
#include <unordered_set>

#include "tests/catch.h"

namespace tigress {

TEST_CASE("a UUID comes back from its text, in lower case") {
  const std::string text = "2bba630e-519b-41ec-bf63-0242ac130002";
  REQUIRE(Uuid::parse(text));
  CHECK(Uuid::parse(text)->toString() == text);
  CHECK(Uuid::parse("2BBA630E-519B-41EC-BF63-0242AC130002")->toString() == text);
  CHECK(*Uuid::parse("2BBA630E-519B-41EC-BF63-0242AC130002") == *Uuid::parse(text));
  CHECK(Uuid().toString() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("only the 8-4-4-4-12 form is a UUID") {
  for (const char* text : {"", "2bba630e-519b-41ec-bf63-0242ac13000", "2bba630e-519b-41ec-bf63-0242ac1300022",
                           "2bba630e519b41ecbf630242ac130002", "{2bba630e-519b-41ec-bf63-0242ac130002}",
                           "2bba630e_519b-41ec-bf63-0242ac130002", "2bba630-e519b-41ec-bf63-0242ac130002",
                           "2bba630g-519b-41ec-bf63-0242ac130002", "2bba630e-519b-41ec-bf63-0242ac13000 ",
                           " 2bba630e-519b-41ec-bf63-0242ac13000", "2bba630e-519b-41ec-bf63-0242ac13000\xC3",
                           "2bba630e--519b-41ec-bf6-0242ac130002"}) {
    INFO(text);
    CHECK_FALSE(Uuid::parse(text));
  }
  CHECK_FALSE(Uuid::parse(std::string(36, '\0')));
}

TEST_CASE("a UUID comes back from its 16 bytes") {
  const Uuid id = *Uuid::parse("00010203-0405-0607-0809-0a0b0c0d0e0f");
  CHECK(id.bytes() == std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F", 16));
  CHECK(Uuid::fromBytes(id.bytes()) == id);
  CHECK_FALSE(Uuid::fromBytes(""));
  CHECK_FALSE(Uuid::fromBytes(std::string(15, 'x')));
  CHECK_FALSE(Uuid::fromBytes(std::string(17, 'x')));
}

TEST_CASE("a random UUID is version 4 of RFC 9562, whatever the bits") {
  for (const int bits : {0x00, 0xFF, 0x5A}) {
    const Uuid id = Uuid::random([bits](void* out, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i)
        static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(bits);
    });
    const std::string text = id.toString();
    CHECK(text[14] == '4');
    CHECK(std::string("89ab").find(text[19]) != std::string::npos);
    CHECK(Uuid::parse(text) == id);
  }
}

TEST_CASE("random UUIDs use all of their 122 bits and do not repeat") {
  std::set<Uuid> ids;
  std::string everSet(16, '\0');
  std::string everClear(16, '\0');
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = Uuid::random(systemRandom);
    CHECK(ids.insert(id).second);
    for (std::size_t k = 0; k < 16; ++k) {
      everSet[k] = static_cast<char>(everSet[k] | id.bytes()[k]);
      everClear[k] = static_cast<char>(everClear[k] | ~id.bytes()[k]);
    }
  }
  CHECK(everSet == std::string("\xFF\xFF\xFF\xFF\xFF\xFF\x4F\xFF\xBF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16));
  CHECK(everClear == std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xBF\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16));
}

TEST_CASE("UUIDs order as their bytes do, and hash as values") {
  const Uuid low = *Uuid::parse("00000000-0000-4000-8000-000000000000");
  const Uuid high = *Uuid::parse("ff000000-0000-4000-8000-000000000000");
  CHECK(low < high);
  CHECK_FALSE(high < low);
  CHECK(low != high);
  std::unordered_set<Uuid, UuidHash> set = {low, high, low};
  CHECK(set.size() == 2);
}

TEST_CASE("the system's random source fills more than one call can give") {
  CHECK(randomBytes(systemRandom, 0).empty());
  const std::string bytes = randomBytes(systemRandom, 1000);
  CHECK(bytes.size() == 1000);
  CHECK(std::set<char>(bytes.begin() + 744, bytes.end()).size() > 50);
}

}  // namespace tigress
