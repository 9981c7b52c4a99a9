"""HTTP::DAV 0.49 (Perl) by its shell, dave."""

from bench import FIRST, SECOND, case, expect, expect_equal


def dave(world, share, *commands):
    trust = {"PERL_LWP_SSL_CA_FILE": str(world.certificate.file)} if world.tls else {}
    return world.talk(["dave", "-tmpdir", str(world.folder), share.collection],
                      [("dave> ", command) for command in (*commands, "quit")], trust)


@case("http_dav", "lists the collection, gets, locks, puts, unlocks and deletes share.json")
def session(world):
    share = world.share()
    world.file("new.json", SECOND)
    shown = dave(world, share, "ls", "get share.json got.json", "lock share.json", "put new.json share.json",
                 "unlock share.json")
    expect(f"share.json  {len(FIRST)}" in shown, f"share.json in the listing: {shown}")
    expect_equal((world.folder / "got.json").read_bytes(), FIRST, "what dave got")
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    expect(" unlock " in shown and shown.count("succe") == 4, f"four successes in: {shown}")
    world.expect_sent("LOCK", lambda sent: sent.headers.get("depth") == "infinity", "dave locks a file with infinity")
    dave(world, share, "delete share.json")
    world.expect_gone(share)


@case("http_dav", "keeps a lock it did not give back, and others cannot write")
def keeps(world):
    share = world.share()
    dave(world, share, "lock share.json")
    world.expect_locked(share)
