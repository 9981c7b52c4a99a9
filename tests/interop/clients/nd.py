"""nd 0.8.2: HTTP/1.0, no TLS, and it reads XML only under the name text/xml."""

from bench import FIRST, SECOND, case, expect, expect_equal

PLAIN = ("plain HTTP",)


@case("nd", "gets, puts and deletes share.json by HTTP/1.0", over=PLAIN)
def session(world):
    share = world.share()
    expect_equal(world.run("nd", share.url), FIRST.decode(), "what nd printed")
    world.run("nd", "-p", world.file("new.json", SECOND), share.url)
    world.expect_stored(share, SECOND)
    world.run("nd", "-d", share.url)
    world.expect_gone(share)
    world.expect_sent("GET", lambda sent: sent.version == "1.0", "nd speaks HTTP/1.0")


@case("nd", "locks, though it cannot read the answer, and writes and unlocks with a token found elsewhere", over=PLAIN)
def lock(world):
    share = world.share()
    shown = world.run("nd", "-l", "-o", "http://nd.invalid/", "-i", "Second-300", share.url, succeed=False)
    expect("LOCK failed, `OK'" in shown, f"nd's complaint in {shown}")
    token = world.expect_locked(share)
    new = world.file("new.json", SECOND)
    world.run("nd", "-p", new, share.url, succeed=False)
    world.run("nd", "-p", new, "-t", token, share.url)
    world.expect_stored(share, SECOND)
    world.run("nd", "-u", "-t", token, share.url)
    world.expect_unlocked(share)


@case("nd", "does not read a PROPFIND answer in application/xml", over=PLAIN)
def properties(world):
    shown = world.run("nd", "-v", world.share().url, succeed=False)
    expect("PROPFIND failed, `Multi-Status'" in shown, f"nd's complaint in {shown}")
