#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {

TEST_CASE("every input that was ever of interest to the fuzzers keeps the promises") {
  for (const Target& target : kTargets) {
    const auto folder = std::filesystem::path(TIGRESS_SOURCE_DIR "/tests/fuzz/corpus") / target.name;
    int replayed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      INFO(entry.path().filename().string() << " of " << target.name);
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream bytes;
      bytes << file.rdbuf();
      CHECK_NOTHROW(target.run(bytes.str()));
      ++replayed;
    }
    INFO(target.name);
    CHECK(replayed > 0);
  }
}

}  // namespace tigress::fuzz
