"""npm's webdav 5.11.0 (npm/session.mjs)."""

from bench import FOLDER, SECOND, Failed, case, expect_equal


def node(world, share, step):
    if not (FOLDER / "npm" / "node_modules" / "webdav").is_dir():
        raise Failed("npm's webdav is not installed; run tests/interop/install")
    trust = {"NODE_EXTRA_CA_CERTS": str(world.certificate.file)} if world.tls else {}
    return world.run("node", str(FOLDER / "npm" / "session.mjs"), share.collection.rstrip("/"),
                     world.file("new.json", SECOND), step, environment=trust)


@case("npm_webdav", "lists, stats, reads and replaces share.json")
def session(world):
    share = world.share()
    node(world, share, "session")
    world.expect_stored(share, SECOND)
    world.expect_sent("PROPFIND", lambda sent: sent.target == share.collection_path.rstrip("/"),
                      "npm webdav asks for the collection without its slash")
    world.expect_sent("PUT", lambda sent: sent.headers.get("content-type") == "application/octet-stream",
                      "npm webdav uploads as octet-stream")


@case("npm_webdav", "locks share.json and writes with the token")
def lock(world):
    share = world.share()
    token = node(world, share, "lock").strip()
    world.expect_stored(share, SECOND)
    expect_equal(world.expect_locked(share), token, "the token npm webdav read from the answer")
    world.expect_sent("LOCK", lambda sent: sent.headers.get("content-type", "").startswith("text/plain"),
                      "npm webdav sends lockinfo as text/plain")
    world.expect_sent("LOCK", lambda sent: "depth" not in sent.headers, "npm webdav locks without a Depth")


@case("npm_webdav", "unlocks with a token that lacks its angle brackets")
def unlock(world):
    share = world.share()
    node(world, share, "unlock")
    world.expect_unlocked(share)
    world.expect_stored(share, SECOND)
    world.expect_sent("UNLOCK", lambda sent: sent.headers.get("lock-token", "").startswith("urn:uuid:"),
                      "npm webdav unlocks with a bare token")


@case("npm_webdav", "deletes share.json")
def delete(world):
    share = world.share()
    node(world, share, "delete")
    world.expect_gone(share)
