"""rclone 1.60.1 with its webdav backend, vendor "other"."""

from bench import FIRST, SECOND, case, expect, expect_equal


def rclone(world, share, command, *arguments, succeed=True):
    trust = ["--ca-cert", str(world.certificate.file)] if world.tls else []
    return world.run("rclone", command, *arguments, "--config", world.file("rclone.conf", b""), "--retries", "1",
                     "--low-level-retries", "1", "--webdav-url", share.collection, *trust, succeed=succeed)


@case("rclone", "lists, cats, copies over and deletes share.json")
def session(world):
    share = world.share()
    expect_equal(rclone(world, share, "lsf", ":webdav:"), "share.json\n", "listing")
    expect_equal(rclone(world, share, "cat", ":webdav:share.json"), FIRST.decode(), "what rclone cat printed")
    rclone(world, share, "copy", world.file("up/share.json", SECOND), ":webdav:")
    world.expect_stored(share, SECOND)
    rclone(world, share, "copy", ":webdav:share.json", str(world.folder / "down"))
    expect_equal((world.folder / "down" / "share.json").read_bytes(), SECOND, "what rclone copied down")
    rclone(world, share, "deletefile", ":webdav:share.json")
    world.expect_gone(share)
    world.expect_sent("PROPFIND", lambda sent: sent.target == share.path and sent.headers.get("depth") == "1",
                      "rclone asks for a file with Depth 1")


@case("rclone", "fills an empty share")
def fill(world):
    share = world.empty_share()
    rclone(world, share, "copy", world.file("up/share.json", FIRST), ":webdav:")
    world.expect_stored(share, FIRST)


@case("rclone", "is refused another name, and the share stays as it was")
def other_name(world):
    share = world.share()
    shown = rclone(world, share, "copyto", world.file("up/share.json", SECOND), ":webdav:other.json", succeed=False)
    expect("its name is share.json" in shown, f"the reason in: {shown}")
    world.expect_stored(share, FIRST)


@case("rclone", "leaves a locked share alone")
def locked(world):
    share = world.share()
    info = ('<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
            "<D:locktype><D:write/></D:locktype></D:lockinfo>")
    expect_equal(world.ask("LOCK", share.path, body=info.encode()).status, 200, "LOCK by another client")
    rclone(world, share, "copy", world.file("up/share.json", SECOND), ":webdav:", succeed=False)
    world.expect_sent("PUT", lambda sent: sent.target == share.path, "rclone tried to write")
    rclone(world, share, "deletefile", ":webdav:share.json", succeed=False)
    world.expect_stored(share, FIRST)
