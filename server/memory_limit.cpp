#include "server/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "common/text.h"

namespace tigress::relay {
namespace {

// One number in a file; no limit if there is none ("max"), or no such file.
std::uint64_t limitIn(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return parseUnsigned(word).value_or(UINT64_MAX);
}

// Of the group and of all around it. In a container the first ones may not be there.
std::uint64_t leastUpFrom(const std::filesystem::path& mount, std::filesystem::path group, const char* file) {
  std::uint64_t least = limitIn(mount / file);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path()) {
    least = std::min(least, limitIn(mount / group / file));
  }
  return least;
}

bool namesMemory(std::string_view controllers) {
  const auto names = split(controllers, ',');
  return std::find(names.begin(), names.end(), "memory") != names.end();
}

}  // namespace

std::uint64_t memoryLimit(std::uint64_t machine, const std::filesystem::path& root) {
  const std::filesystem::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // number:controllers:/path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) machine = std::min(machine, leastUpFrom(mounts, group, "memory.max"));
    if (namesMemory(controllers)) {
      machine = std::min(machine, leastUpFrom(mounts / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return machine;
}

std::uint64_t machineMemory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace tigress::relay
