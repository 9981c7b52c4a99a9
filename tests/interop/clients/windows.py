"""Windows' WebClient service (Explorer, `net use`, Office), replayed: the client does not run here.

The sequences are the ones reported of Windows 10 and Office in public threads; docs/clients.md names the oddities.
"""

from bench import FIRST, SECOND, Wire, case, expect, expect_equal

EXPLORER = "Microsoft-WebDAV-MiniRedir/10.0.19045"
OFFICE = "Microsoft Office Word 2014"
EMPTY = [("Depth", "0"), ("translate", "f"), ("Content-Length", "0")]
LOCK_INFO = (b'<?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
             b"<D:locktype><D:write/></D:locktype><D:owner><D:href>HOST\\user</D:href></D:owner></D:lockinfo>")
TIMES = (b'<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" '
         b'xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>'
         b"<Z:Win32CreationTime>Sat, 01 Nov 2025 10:00:00 GMT</Z:Win32CreationTime>"
         b"<Z:Win32LastModifiedTime>Sat, 01 Nov 2025 10:00:00 GMT</Z:Win32LastModifiedTime>"
         b"<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>")
XML = ("Content-Type", 'text/xml; charset="utf-8"')


def take_lock(wire, path):
    answer = wire.expect(200, "LOCK", path, [("Timeout", "Second-3600"), XML, ("translate", "f")], LOCK_INFO)
    return answer.headers["Lock-Token"]


@case("windows", "walks the path from the root to the collection, without slashes, and lists it")
def mount(world):
    share = world.share()
    bare = share.collection_path.rstrip("/")
    wire = Wire(world, EXPLORER)
    for path in ("/", bare):
        options = wire.expect(200, "OPTIONS", path, [("translate", "f")])
        expect_equal((options.headers["DAV"], options.headers["MS-Author-Via"]), ("1, 2", "DAV"), f"OPTIONS {path}")
    for path in ("/", "/v1", bare):
        found = wire.expect(207, "PROPFIND", path, EMPTY)
        expect_equal(found.body.count(b"<D:response>"), 1, f"resources in the answer for {path}")
        expect(b"<D:collection/>" in found.body, f"{path} is a collection")
    listing = wire.expect(207, "PROPFIND", bare, [("Depth", "1"), *EMPTY[1:]])
    expect(f"<D:href>{share.path}</D:href>".encode() in listing.body, "share.json in the listing")
    for name in ("desktop.ini", "folder.jpg", "Thumbs.db"):
        wire.expect(404, "PROPFIND", share.collection_path + name, EMPTY)


@case("windows", "opens, locks, sets times, saves, unlocks and deletes share.json")
def save(world):
    share = world.share()
    wire = Wire(world, EXPLORER)
    wire.expect(207, "PROPFIND", share.path, EMPTY)
    opened = wire.expect(200, "GET", share.path, [("translate", "f"), ("Accept", "*/*")])
    expect_equal(opened.body, FIRST, "what Windows opened")
    token = take_lock(wire, share.path)
    holds = ("If", f"({token})")
    # 207 with a refusal in it: a 405 makes Explorer give the copy up.
    for _ in range(2):
        patched = wire.expect(207, "PROPPATCH", share.path, [holds, XML, ("translate", "f")], TIMES)
        expect(b"403 Forbidden" in patched.body and b"Win32CreationTime" in patched.body, f"in {patched.body!r}")
    wire.expect(200, "HEAD", share.path, [("translate", "f")])
    wire.expect(204, "PUT", share.path, [holds, ("translate", "f")], SECOND)
    world.expect_locked(share)
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token), ("translate", "f")])
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    wire.expect(204, "DELETE", share.path, [("translate", "f")])
    world.expect_gone(share)


@case("windows", "makes a file by a PUT of nothing, then locks and fills it")
def new_file(world):
    share = world.empty_share()
    wire = Wire(world, EXPLORER)
    wire.expect(404, "PROPFIND", share.path, EMPTY)
    wire.expect(201, "PUT", share.path, [("translate", "f")], b"")
    token = take_lock(wire, share.path)
    holds = ("If", f"({token})")
    wire.expect(207, "PROPPATCH", share.path, [holds, XML], TIMES)
    wire.expect(200, "HEAD", share.path)
    wire.expect(204, "PUT", share.path, [holds, ("translate", "f")], SECOND)
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token)])
    world.expect_stored(share, SECOND)


@case("windows", "is refused another name and keeps its connection")
def other_name(world):
    share = world.share()
    wire = Wire(world, EXPLORER)
    other = share.collection_path + "New%20Text%20Document.txt"
    wire.expect(404, "PROPFIND", other, EMPTY)
    refused = wire.send("PUT", other, [("translate", "f")], b"")
    expect(refused.status in (403, 404), f"PUT of another name gave {refused.status}")
    wire.expect(200, "GET", share.path)


@case("windows", "opens in Word: refreshes a lock it has not, takes one, refreshes that and keeps its token")
def word(world):
    share = world.share()
    wire = Wire(world, OFFICE)
    guess = "(<urn:uuid:11111111-2222-4333-8444-555555555555>)"
    refusal = wire.expect(412, "LOCK", share.path, [("If", guess), ("Timeout", "Second-3600"), ("Content-Length", "0")])
    expect(b"lock-token-matches-request-uri" in refusal.body, f"the reason in {refusal.body!r}")
    token = take_lock(wire, share.path)
    again = wire.expect(200, "LOCK", share.path,
                        [("If", f"({token})"), ("Timeout", "Second-3600"), ("Content-Length", "0")])
    expect(again.headers["Lock-Token"] is None, "a refresh has no Lock-Token header")
    expect_equal([held.decode() for held in world.tokens(share)], [token.strip("<>")], "the locks after the refresh")
    # Word 2016 sends the token where it submits nothing (RFC 4918 section 7.5).
    wire.expect(423, "PUT", share.path, [("Lock-Token", token)], SECOND)
    wire.expect(204, "PUT", share.path, [("If", f"({token})")], SECOND)
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token)])
    world.expect_stored(share, SECOND)
