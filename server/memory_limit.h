#pragma once

#include <cstdint>
#include <filesystem>

namespace tigress::relay {

/// How many bytes of memory this process can have: what its control group and those around it allow, of
/// either version (https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files), and `machine`
/// at the most. `root` is where /proc and /sys are.
std::uint64_t memoryLimit(std::uint64_t machine, const std::filesystem::path& root = "/");

/// The memory of the machine, in bytes.
std::uint64_t machineMemory();

}  // namespace tigress::relay
