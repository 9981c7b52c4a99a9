"""Clean systems of Debian 12, with networks of their own, for the tests of this folder."""

import contextlib
import os
import re
import shutil
import subprocess
import sys

SKIPPED = 77
RELEASE = "bookworm"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def must(*command, **more):
    done = run(*command, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def mirror():
    """The mirror of Debian that this machine's apt uses."""
    said = must("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    for line in said.splitlines():
        site, _, release = line.partition(" ")
        if release == RELEASE:
            return site.rstrip("/")
    skip(f"apt knows no mirror of {RELEASE}")


def apt_proxies():
    """The lines of this machine's apt that say through which proxy it goes."""
    return [line for line in must("apt-config", "dump").splitlines() if re.match(r'Acquire::\w+::Proxy(::\S+)? "', line)]


def base_system(cache):
    """An archive of a system as debootstrap's variant minbase makes it; made once, kept in the cache."""
    archive = cache / f"{RELEASE}-minbase.tar"
    if archive.exists():
        return archive
    growing = archive.with_suffix(f".{os.getpid()}.tar")
    options = [f"--aptopt={line}" for line in apt_proxies()]
    done = run("mmdebstrap", "--variant=minbase", "--mode=root", *options, RELEASE, growing, mirror())
    if done.returncode != 0:
        skip(f"mmdebstrap made no clean system: {done.stderr.strip()[-400:]}")
    growing.rename(archive)
    return archive


class System:
    """A clean system in a folder, with a network of its own."""

    def __init__(self, stack, folder, archive, cache, network):
        self.folder = folder
        self.network = network
        folder.mkdir()
        must("tar", "-xf", archive, "-C", folder, "--numeric-owner")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        (folder / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (folder / "usr/sbin/policy-rc.d").chmod(0o755)
        archives = cache / "archives"
        archives.mkdir(exist_ok=True)
        for source, target, kind in [("proc", "proc", "proc"), ("sys", "sys", "sysfs"), (archives, "var/cache/apt/archives", None)]:
            (folder / target).mkdir(exist_ok=True)
            how = ["-t", kind] if kind else ["--bind"]
            must("mount", *how, source, folder / target)
            stack.callback(run, "umount", "-l", folder / target)
        must("mount", "--rbind", "/dev", folder / "dev")
        must("mount", "--make-rslave", folder / "dev")
        stack.callback(run, "umount", "-R", "-l", folder / "dev")

    def chroot(self, *command, isolated=True):
        """A command within; with nothing but its own network, unless it is apt's."""
        words = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive",
                 "LC_ALL=C.UTF-8", "chroot", str(self.folder), *map(str, command)]
        return (["ip", "netns", "exec", self.network] if isolated else []) + words

    def run(self, *command, isolated=True, **more):
        return run(*self.chroot(*command, isolated=isolated), **more)

    def must(self, *command, isolated=True, **more):
        return must(*self.chroot(*command, isolated=isolated), **more)

    def files(self):
        """Every file but apt's and dpkg's own notes, with its owner and mode."""
        said = self.must("find", "/", "-xdev", "(", "-path", "/var/cache", "-o", "-path", "/var/lib/apt", "-o", "-path",
                         "/var/lib/dpkg", "-o", "-path", "/var/log", "-o", "-path", "/packages", "-o", "-path", "/tmp",
                         ")", "-prune", "-o", "-printf", "%p %u %g %m\\n")
        return set(said.splitlines())

    def install(self, packages):
        """By apt, from files: it finds and fetches what they depend on."""
        (self.folder / "packages").mkdir(exist_ok=True)
        for package in packages:
            shutil.copy(package, self.folder / "packages")
        self.must("apt-get", "update", "-qq", isolated=False)
        return self.must("apt-get", "install", "-y", "-qq", *(f"/packages/{package.name}" for package in packages),
                         isolated=False)

    def shell(self, line, *before):
        """A line of a README.Debian, in root's folder; `before`: what it is run by."""
        return self.must(*before, "sh", "-c", f"cd /root && {line}")


@contextlib.contextmanager
def two_networks(addresses):
    """Two network namespaces with these addresses and a cable between them; nothing else is reachable from within."""
    names = [f"tigress-{os.getpid()}-{end}" for end in ("relay", "phone")]
    with contextlib.ExitStack() as stack:
        for name in names:
            done = run("ip", "netns", "add", name)
            if done.returncode != 0:
                skip(f"this kernel gives no network namespace: {done.stderr.strip()}")
            stack.callback(run, "ip", "netns", "delete", name)
        must("ip", "link", "add", "tigress0", "netns", names[0], "type", "veth", "peer", "name", "tigress0", "netns",
             names[1])
        for name, address in zip(names, addresses):
            must("ip", "-n", name, "address", "add", f"{address}/24", "dev", "tigress0")
            must("ip", "-n", name, "link", "set", "tigress0", "up")
            must("ip", "-n", name, "link", "set", "lo", "up")
        yield names


def one(packages, name):
    found = sorted(packages.glob(f"{name}_*.deb"))
    if len(found) != 1:
        raise RuntimeError(f"expected one package {name} in {packages}, found {len(found)}")
    return found[0]
