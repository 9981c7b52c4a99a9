"""python3-easywebdav 1.2.0, with Debian's own Python."""

import urllib.parse

from bench import FIRST, SECOND, case, expect_equal

SCRIPT = """
import sys
import easywebdav

scheme, host, port, path, trust, new, got = sys.argv[1:]
client = easywebdav.connect(host, port=int(port), protocol=scheme, path=path, verify_ssl=trust or True)
names = [entry.name for entry in client.ls()]
assert any(name.endswith("/share.json") for name in names) and len(names) == 2, names
assert client.exists("share.json") and not client.exists("other.json")
client.download("share.json", got)
client.upload(new, "share.json")
"""


def python(world, share, script):
    url = urllib.parse.urlsplit(share.collection)
    trust = str(world.certificate.file) if world.tls else ""
    world.run("/usr/bin/python3", "-c", script, url.scheme, url.hostname, str(url.port), url.path.strip("/"), trust,
              world.file("new.json", SECOND), str(world.folder / "got.json"))


@case("easywebdav", "lists, downloads and uploads share.json")
def session(world):
    share = world.share()
    python(world, share, SCRIPT)
    expect_equal((world.folder / "got.json").read_bytes(), FIRST, "what easywebdav downloaded")
    world.expect_stored(share, SECOND)


@case("easywebdav", "deletes share.json")
def delete(world):
    share = world.share()
    python(world, share, SCRIPT + '\nclient.delete("share.json")\n')
    world.expect_gone(share)
