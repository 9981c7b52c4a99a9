"""cadaver 0.24 (neon) on a terminal, as its user sits at one."""

from bench import FIRST, SECOND, case, expect, expect_equal

PROMPT = "> "


def cadaver(world, share, *commands):
    trust = [("(y/n)", "y")] if world.tls else []
    steps = trust + [(PROMPT, command) for command in (*commands, "quit")]
    return world.talk(["cadaver", share.collection], steps)


@case("cadaver", "lists the collection, gets, locks, puts, unlocks and deletes share.json")
def session(world):
    share = world.share()
    world.file("new.json", SECOND)
    shown = cadaver(world, share, "ls", "get share.json got.json", "lock share.json", "put new.json share.json",
                    "discover share.json", "unlock share.json")
    expect("share.json" in shown.split("ls\n", 1)[1].split(PROMPT)[0], f"share.json in the listing: {shown}")
    expect_equal((world.folder / "got.json").read_bytes(), FIRST, "what cadaver got")
    expect("Lock token <urn:uuid:" in shown, f"the lock in what cadaver discovered: {shown}")
    expect_equal(shown.count("succeeded."), 5, f"succeeded commands in: {shown}")
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    world.expect_sent("PUT", lambda sent: sent.headers.get("if", "").startswith(f"<{share.url}> (<urn:uuid:"),
                      "cadaver tags its If header with the whole URL")
    cadaver(world, share, "delete share.json")
    world.expect_gone(share)


@case("cadaver", "keeps a lock it did not give back, and others cannot write")
def keeps(world):
    share = world.share()
    cadaver(world, share, "lock share.json")
    world.expect_locked(share)
    world.expect_sent("LOCK", lambda sent: "timeout" not in sent.headers and sent.headers.get("depth") == "0",
                      "cadaver locks without a Timeout")


@case("cadaver", "steals a lock that lockdiscovery shows and deletes with it")
def steal(world):
    share = world.share()
    cadaver(world, share, "lock share.json")
    world.expect_locked(share)
    refused = cadaver(world, share, "delete share.json")
    expect("423 Locked" in refused, f"423 in: {refused}")
    # The first question of `steal` is which lock; with one lock there is none.
    cadaver(world, share, "steal share.json", "delete share.json")
    world.expect_gone(share)
