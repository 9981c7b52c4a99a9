#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace tigress::relay {
namespace {

struct Identity {
  uid_t user;
  gid_t group;
};

[[noreturn]] void fail(const std::string& name, const std::string& why) {
  throw std::runtime_error("cannot run as \"" + name + "\" (run.user): " + why);
}

Identity identityOf(const std::string& name) {
  constexpr std::size_t kEnough = 65536;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> memory(kEnough);
  const int error = getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
  if (error != 0) fail(name, std::strerror(error));
  if (!found) fail(name, "there is no such user on this machine");
  if (entry.pw_uid == 0 || entry.pw_gid == 0) fail(name, "that would still be root; name a user of its own");
  return {entry.pw_uid, entry.pw_gid};
}

bool isExactly(const Identity& identity) {
  return getuid() == identity.user && geteuid() == identity.user && getgid() == identity.group &&
         getegid() == identity.group;
}

// Asks for what must not be given. The order of the checks is that of what they would allow.
bool canGoBack() {
  return setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setegid(0) == 0 || setgroups(0, nullptr) == 0;
}

}  // namespace

void leaveNoCoreFile() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  // The limit does not bind a core_pattern that is a program. (The leak checker must be able to look inside.)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

void gainNoRights() {
#ifdef __linux__
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
}

bool isRoot() {
  return geteuid() == 0;
}

void becomeUser(const std::string& name) {
  const Identity identity = identityOf(name);
  if (isRoot()) {
    // Groups first: afterwards there is no right to change them. All threads follow, as POSIX wants it.
    if (initgroups(name.c_str(), identity.group) != 0 || setgid(identity.group) != 0 ||
        setuid(identity.user) != 0) {
      fail(name, std::strerror(errno));
    }
    leaveNoCoreFile();  // the kernel takes a new user for a reason to allow it again
  }
  if (!isExactly(identity)) fail(name, "only root can become another user; start the relay as one of both");
  if (canGoBack()) fail(name, "there would be a way back to root");
}

}  // namespace tigress::relay
