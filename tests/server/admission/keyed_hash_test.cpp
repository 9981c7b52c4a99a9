#include "server/admission/keyed_hash.h"

#include <string>

#include "tests/catch.h"

namespace tigress::admission {

// Appendix A of "SipHash: a fast short-input PRF", and the reference implementation's vectors.h.
TEST_CASE("the keyed hash is SipHash-2-4") {
  const KeyedHash hash({0x0706050403020100U, 0x0f0e0d0c0b0a0908U});
  std::string bytes;
  for (char i = 0; i < 15; ++i) bytes += i;
  CHECK(hash(bytes) == 0xa129ca6149be45e5U);
  CHECK(hash("") == 0x726fdb47dd0e0e31U);
  CHECK(hash(std::string(1, '\0')) == 0x74f839c593dc67fdU);
  CHECK(hash(bytes.substr(0, 8)) == 0x93f5f5799a932462U);
}

TEST_CASE("two keys give two hashes") {
  CHECK(KeyedHash(systemRandom)("192.0.2.0") != KeyedHash(systemRandom)("192.0.2.0"));
}

}  // namespace tigress::admission
