#pragma once

#include <string>

namespace tigress::cli {

/// From now on SIGINT, SIGTERM and SIGHUP end the program as they always do, but first take away what stands
/// on the terminal's line and say `farewell` (nothing if it is empty). What is kept by --state needs no more
/// than that: it is on disk before each request and after each answer. Signals that the caller ignores stay
/// ignored. To be called once, before other threads are started.
void sayAtInterruption(const std::string& farewell);

}  // namespace tigress::cli
