"""hdav 1.3.4 (Haskell)."""

from bench import FIRST, SECOND, case, expect


def hdav(world, command, *arguments):
    trust = {"SYSTEM_CERTIFICATE_PATH": str(world.certificate.file)} if world.tls else {}
    # It has no way to go without a name and a password.
    return world.run("hdav", command, *arguments, "--username", "nobody", "--password", "none", environment=trust)


@case("hdav", "puts, shows the properties of and deletes share.json")
def session(world):
    share = world.share()
    shown = hdav(world, "getprops", share.url)
    expect(f"<D:getcontentlength>{len(FIRST)}</D:getcontentlength>" in shown, f"the length in {shown}")
    hdav(world, "put", world.file("new.json", SECOND), share.url)
    world.expect_stored(share, SECOND)
    hdav(world, "delete", share.url)
    world.expect_gone(share)
    world.expect_sent("PROPFIND", lambda sent: "depth" not in sent.headers, "hdav asks without a Depth")
    world.expect_sent("DELETE", lambda sent: "if" not in sent.headers, "hdav deletes without a token")
