#include "server/memory_limit.h"

#include "tests/catch.h"
#include "tests/server/store/temporary_folder.h"

namespace tigress::relay {
namespace {

constexpr std::uint64_t kMachine = 1000;

struct Files {
  const char* title;
  std::vector<std::pair<std::string, std::string>> texts;  // path and content
  std::uint64_t limit;
};

const Files kCases[] = {
    {"no control groups", {}, 1000},
    {"version 2, no limit", {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/memory.max", "max\n"}}, 1000},
    {"version 2, a limit",
     {{"proc/self/cgroup", "0::/a/b.service\n"}, {"sys/fs/cgroup/a/b.service/memory.max", "400\n"}},
     400},
    {"version 2, a smaller limit around it",
     {{"proc/self/cgroup", "0::/a/b.service\n"},
      {"sys/fs/cgroup/a/b.service/memory.max", "400\n"},
      {"sys/fs/cgroup/a/memory.max", "300\n"}},
     300},
    {"version 2, a container that sees its own group as the first",
     {{"proc/self/cgroup", "0::/../elsewhere\n"}, {"sys/fs/cgroup/memory.max", "200\n"}},
     200},
    {"version 2, a limit beyond the machine",
     {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/memory.max", "4000\n"}},
     1000},
    {"version 1",
     {{"proc/self/cgroup", "5:devices:/\n4:cpu,memory:/a\n0::/\n"},
      {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "500\n"}},
     500},
    {"version 1, no limit, which is a large number",
     {{"proc/self/cgroup", "4:memory:/a\n"},
      {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n"}},
     1000},
    {"files that nobody can read anything from",
     {{"proc/self/cgroup", "words\n:\n0::\n"}, {"sys/fs/cgroup/memory.max", "\n"}},
     1000},
};

}  // namespace

TEST_CASE("a process can have what its control groups allow, and no more than the machine has") {
  for (const Files& files : kCases) {
    INFO(files.title);
    const store::TemporaryFolder root;
    for (const auto& [path, text] : files.texts) {
      const std::filesystem::path file = root / path;
      std::filesystem::create_directories(file.parent_path());
      store::writeAll(file, text);
    }
    CHECK(memoryLimit(kMachine, root.path()) == files.limit);
  }
}

TEST_CASE("this machine has memory, and this process some of it") {
  CHECK(machineMemory() > std::uint64_t{1} << 26);
  CHECK(memoryLimit(machineMemory()) <= machineMemory());
  CHECK(memoryLimit(machineMemory()) > 0);
}

}  // namespace tigress::relay
