"""curl, by hand: what a shell script of an operator would do."""

import re

from bench import FIRST, SECOND, case, expect, expect_equal

LOCK_INFO = ('<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
             "<D:locktype><D:write/></D:locktype><D:owner>curl</D:owner></D:lockinfo>")


def curl(world, *arguments, text="", succeed=True):
    trust = ["--cacert", str(world.certificate.file)] if world.tls else []
    return world.run("curl", "-sS", "--fail-with-body", *trust, *arguments, text=text, succeed=succeed)


@case("curl", "lists the collection, reads, replaces and deletes share.json")
def session(world):
    share = world.share()
    listing = curl(world, "-X", "PROPFIND", "-H", "Depth: 1", share.collection)
    expect(f"<D:href>{share.path}</D:href>" in listing, f"share.json in {listing}")
    expect_equal(curl(world, share.url), FIRST.decode(), "what curl read")
    curl(world, "-T", world.file("new.json", SECOND), share.url)
    world.expect_sent("PUT", lambda sent: sent.headers.get("expect") == "100-continue", "curl -T waits for a 100")
    world.expect_stored(share, SECOND)
    curl(world, "-X", "DELETE", share.url)
    world.expect_gone(share)


@case("curl", "locks, writes with the token and unlocks")
def lock(world):
    share = world.share()
    answer = curl(world, "-i", "-X", "LOCK", "-H", "Timeout: Second-300", "-d", LOCK_INFO, share.url)
    token = re.search(r"^Lock-Token: <(.*)>", answer, re.M | re.I)[1]
    world.expect_locked(share)
    new = world.file("new.json", SECOND)
    curl(world, "-T", new, share.url, succeed=False)
    curl(world, "-T", new, "-H", f"If: (<{token}>)", share.url)
    world.expect_stored(share, SECOND)
    curl(world, "-X", "UNLOCK", "-H", f"Lock-Token: <{token}>", share.url)
    world.expect_unlocked(share)


@case("curl", "makes a share by -L -T to a name of its choice, following the 307")
def redirected(world):
    url = f"{world.origin}/v1/new/share.json"
    made = curl(world, "-L", "-T", world.file("share.json", FIRST), "-w", "%{http_code} %{url_effective}", url)
    status, place = made.split()
    expect_equal(status, "201", "status of the PUT at the end of the redirect")
    answer = world.ask("GET", "/" + place.split("/", 3)[3])
    expect_equal(answer.body, FIRST, "what the new share holds")


@case("curl", "uploads from a pipe in chunks")
def chunked(world):
    share = world.share()
    curl(world, "-T", "-", share.url, text=SECOND.decode())
    world.expect_sent("PUT", lambda sent: sent.headers.get("transfer-encoding") == "chunked", "curl -T - sends chunks")
    world.expect_stored(share, SECOND)


@case("curl", "reads a range and is told when nothing changed")
def partial(world):
    share = world.share()
    expect_equal(curl(world, "-r", "2-8", share.url), FIRST[2:9].decode(), "bytes 2 to 8")
    answer = curl(world, "-I", share.url)
    etag = re.search(r"^ETag: (.*?)\s*$", answer, re.M | re.I)[1]
    status = curl(world, "-o", "/dev/null", "-w", "%{http_code}", "-H", f"If-None-Match: {etag}", share.url)
    expect_equal(status, "304", "status for the known tag")


@case("curl", "loses no update when the tag of its If-Match is stale")
def stale(world):
    share = world.share()
    new = world.file("new.json", SECOND)
    refusal = curl(world, "-T", new, "-H", 'If-Match: "stale"', share.url, succeed=False)
    expect("412" in refusal, f"412 in {refusal}")
    world.expect_stored(share, FIRST)
