"""macOS' WebDAVFS (Finder), replayed: the client does not run here.

The sequences are the ones reported in public threads; docs/clients.md names the oddities.
"""

from bench import FIRST, SECOND, Wire, case, expect, expect_equal

FINDER = "WebDAVFS/3.0.0 (03008000) Darwin/22.6.0 (x86_64)"
XML = ("Content-Type", "text/xml")
STATFS = (b'<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n<D:quota-available-bytes/>\n'
          b"<D:quota-used-bytes/>\n<D:quota/>\n<D:quotaused/>\n</D:prop>\n</D:propfind>\n")
STAT = (b'<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n<D:getlastmodified/>\n'
        b"<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>\n</D:prop>\n</D:propfind>\n")
LIST = STAT.replace(b"</D:prop>", b'<A:appledoubleheader xmlns:A="http://www.apple.com/webdav_fs/props/"/>\n</D:prop>')
LOCK_INFO = (b'<?xml version="1.0" encoding="utf-8"?>\n<D:lockinfo xmlns:D="DAV:">\n<D:lockscope><D:exclusive/></D:lockscope>\n'
             b"<D:locktype><D:write/></D:locktype>\n<D:owner>\n<D:href>http://www.apple.com/webdav_fs/</D:href>\n"
             b"</D:owner>\n</D:lockinfo>\n")


def find(wire, status, path, depth, body):
    return wire.expect(status, "PROPFIND", path, [XML, ("Depth", depth), ("Accept", "*/*")], body)


def take_lock(wire, path):
    answer = wire.expect(200, "LOCK", path, [XML, ("Depth", "0"), ("Timeout", "Second-600"), ("Accept", "*/*")], LOCK_INFO)
    return answer.headers["Lock-Token"]


def put(wire, status, path, token, body):
    # In chunks and without a length: that stands in a header of its own.
    wire.expect(status, "PUT", path, [("If", f"({token})"), ("X-Expected-Entity-Length", str(len(body))), ("Accept", "*/*")],
                body, chunked=True)


@case("finder", "mounts for writing, asks for quotas nobody has and lists the collection")
def mount(world):
    share = world.share()
    wire = Wire(world, FINDER)
    options = wire.expect(200, "OPTIONS", share.collection_path, [("Accept", "*/*")])
    expect_equal(options.headers["DAV"], "1, 2", "DAV, without 2 Finder mounts read-only")
    quota = find(wire, 207, share.collection_path, "0", STATFS)
    expect(b"404 Not Found" in quota.body and b"200 OK" not in quota.body, f"quotas in {quota.body!r}")
    listing = find(wire, 207, share.collection_path, "1", LIST)
    expect(f"<D:href>{share.path}</D:href>".encode() in listing.body, "share.json in the listing")
    for name in (".DS_Store", "._.", ".Spotlight-V100", "._share.json", ".hidden"):
        find(wire, 404, share.collection_path + name, "0", STAT)


@case("finder", "opens, locks, saves in chunks, unlocks and deletes share.json")
def save(world):
    share = world.share()
    wire = Wire(world, FINDER)
    find(wire, 207, share.path, "0", STAT)
    opened = wire.expect(200, "GET", share.path, [("Accept", "*/*")])
    expect_equal(opened.body, FIRST, "what Finder opened")
    token = take_lock(wire, share.path)
    # It reads under its own lock without the token.
    wire.expect(200, "GET", share.path, [("Accept", "*/*")])
    find(wire, 207, share.path, "0", STAT)
    put(wire, 204, share.path, token, SECOND)
    world.expect_locked(share)
    wire.expect(200, "LOCK", share.path, [("If", f"({token})"), ("Timeout", "Second-600"), ("Content-Length", "0")])
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token)])
    world.expect_stored(share, SECOND)
    world.expect_unlocked(share)
    wire.expect(204, "DELETE", share.path, [("Accept", "*/*")])
    world.expect_gone(share)


@case("finder", "makes a file by a PUT of nothing, then locks and fills it in chunks")
def new_file(world):
    share = world.empty_share()
    wire = Wire(world, FINDER)
    find(wire, 404, share.path, "0", STAT)
    wire.expect(201, "PUT", share.path, [("Accept", "*/*")], b"")
    token = take_lock(wire, share.path)
    put(wire, 204, share.path, token, SECOND)
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token)])
    world.expect_stored(share, SECOND)


@case("finder", "is refused its ._share.json and goes on over the same connection")
def apple_double(world):
    share = world.share()
    wire = Wire(world, FINDER)
    double = share.collection_path + "._share.json"
    wire.expect(403, "PUT", double, [("Accept", "*/*")], b"")
    wire.expect(403, "LOCK", double, [XML, ("Depth", "0"), ("Timeout", "Second-600")], LOCK_INFO)
    find(wire, 404, double, "0", STAT)
    token = take_lock(wire, share.path)
    put(wire, 204, share.path, token, SECOND)
    wire.expect(204, "UNLOCK", share.path, [("Lock-Token", token)])
    world.expect_stored(share, SECOND)
