"""gvfs 1.50 through gio, in a D-Bus session of its own; it needs no mount of the kernel."""

from bench import FIRST, SECOND, case, expect_equal


def gio(world, share, script, answers=""):
    """Runs a shell script with $SHARE mounted."""
    url = "dav" + share.collection.removeprefix("http")
    runtime = world.folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environment = {"SHARE": url, "XDG_RUNTIME_DIR": str(runtime), "GVFS_DISABLE_FUSE": "1",
                   "GIO_USE_VOLUME_MONITOR": "unix", "GIO_USE_VFS": "gvfs"}
    # gio asks whether it may trust a certificate; 1 is yes.
    world.run("dbus-run-session", "--", "sh", "-euc", 'gio mount "$SHARE" >mount.txt 2>&1\n' + script,
              text="1\n" if world.tls else "", environment=environment)


@case("gvfs", "mounts the collection, lists, reads, replaces and removes share.json")
def session(world):
    share = world.share()
    world.file("new.json", SECOND)
    gio(world, share, """
gio list "$SHARE" >list.txt
gio cat "${SHARE}share.json" >got.json
gio copy new.json "${SHARE}share.json"
gio cat "${SHARE}share.json" >again.json
gio remove "${SHARE}share.json"
""")
    expect_equal((world.folder / "list.txt").read_text(), "share.json\n", "gio list")
    expect_equal((world.folder / "got.json").read_bytes(), FIRST, "gio cat")
    expect_equal((world.folder / "again.json").read_bytes(), SECOND, "gio cat after gio copy")
    world.expect_gone(share)
    world.expect_sent("PROPFIND", lambda sent: sent.target == share.collection_path.rstrip("/"),
                      "gvfs asks for the collection without its slash")
    world.expect_sent("PROPFIND", lambda sent: sent.target == "/", "gvfs climbs to the topmost parent that is DAV")


@case("gvfs", "saves into share.json and leaves it there")
def save(world):
    share = world.share()
    world.file("new.json", SECOND)
    gio(world, share, 'gio save "${SHARE}share.json" <new.json')
    world.expect_stored(share, SECOND)
