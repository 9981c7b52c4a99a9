"""davfs2 1.6.1: the share's collection as a folder."""

import ctypes
import os
import shutil

from bench import FIRST, SECOND, Failed, Skip, case, expect, expect_equal

MNT_DETACH = 2


def refused_by_kernel(folder):
    """Why no FUSE file system can be mounted here, or None."""
    if os.geteuid() != 0:
        return "mounting needs root"
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        return f"/dev/fuse cannot be opened: {error.strerror}"
    libc = ctypes.CDLL(None, use_errno=True)
    probe = os.fsencode(folder)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    try:
        if libc.mount(b"probe", probe, b"fuse", 0, options) != 0:
            return f"the kernel refuses a FUSE mount: {os.strerror(ctypes.get_errno())}"
        libc.umount2(probe, MNT_DETACH)
    finally:
        os.close(device)
    return None


class Mount:
    """The collection as a folder, within a `with` block. Its end waits until all is uploaded."""

    def __init__(self, world, share):
        self.folder = world.folder / "mount"
        self._world = world
        self._share = share

    def __enter__(self):
        world = self._world
        if shutil.which("mount.davfs", path="/usr/sbin:/sbin") is None:
            raise Failed("mount.davfs is not installed; run tests/interop/install")
        self.folder.mkdir(exist_ok=True)
        if reason := refused_by_kernel(self.folder):
            raise Skip(reason)
        cache = world.folder / "cache"
        cache.mkdir(exist_ok=True)
        cache.chmod(0o777)  # the daemon gives up root
        # With the default of 16, listing the folder failed with EINVAL on Linux 6.18; this cured it.
        settings = f"ask_auth 0\ncache_dir {cache}\ndelay_upload 0\nbuf_size 2048\n"
        if world.tls:
            settings += f"trust_ca_cert {world.certificate.file}\n"
        world.run("mount.davfs", self._share.collection, str(self.folder),
                  "-o", "rw,conf=" + world.file("davfs2.conf", settings.encode()))
        return self.folder

    def __exit__(self, *_):
        self._world.run("umount", str(self.folder))


@case("davfs2", "mounts the collection, lists, reads and rewrites share.json under a lock")
def session(world):
    share = world.share()
    with Mount(world, share) as folder:
        expect_equal(sorted(name for name in os.listdir(folder) if name != "lost+found"), ["share.json"], "listing")
        expect_equal((folder / "share.json").read_bytes(), FIRST, "what the mounted file holds")
        (folder / "share.json").write_bytes(SECOND)
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    world.expect_sent("LOCK", lambda sent: sent.headers.get("timeout") == "Second-1800", "davfs2 locks for half an hour")
    world.expect_sent("PUT", lambda sent: "if" in sent.headers and "if-match" in sent.headers,
                      "davfs2 writes with If and If-Match")
    # Its PUT carried an ETag, so davfs2 need not ask for it.
    expect_equal([sent for sent in world.seen("HEAD") if sent.target == share.path], [], "HEAD after the PUT")


@case("davfs2", "removes share.json")
def remove(world):
    share = world.share()
    with Mount(world, share) as folder:
        (folder / "share.json").unlink()
    world.expect_gone(share)


@case("davfs2", "creates share.json in an empty collection by LOCK of the unmapped name", identifiers="any")
def create(world):
    share = world.share()
    expect_equal(world.ask("DELETE", share.path).status, 204, "DELETE of the member only")
    with Mount(world, share) as folder:
        expect(not (folder / "share.json").exists(), "the collection is empty")
        (folder / "share.json").write_bytes(SECOND)
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    world.expect_sent("LOCK", lambda sent: sent.target == share.path, "davfs2 locks before it writes")
