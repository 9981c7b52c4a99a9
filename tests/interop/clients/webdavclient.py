"""python3-webdavclient 3.14.6, with Debian's own Python."""

from bench import SECOND, case

SCRIPT = """
import sys
import urllib.parse
from webdav3.client import Client
from webdav3.exceptions import MethodNotSupported

collection, trust, new, got = sys.argv[1:]
url = urllib.parse.urlsplit(collection)
# The path belongs into webdav_root: within webdav_hostname list() names the collection too.
client = Client({"webdav_hostname": f"{url.scheme}://{url.netloc}", "webdav_root": url.path})
client.verify = trust or True
assert client.list() == ["share.json"], client.list()
assert client.check("share.json") and not client.check("other.json")
client.download_sync(remote_path="share.json", local_path=got)
first = open(got, "rb").read()
assert int(client.info("share.json")["size"]) == len(first), client.info("share.json")
try:
    client.free()
    raise AssertionError("there is no quota")
except MethodNotSupported:
    pass
client.upload_sync(remote_path="share.json", local_path=new)
client.download_sync(remote_path="share.json", local_path=got)
assert open(got, "rb").read() == open(new, "rb").read() != first
"""


def python(world, share, script):
    trust = str(world.certificate.file) if world.tls else ""
    world.run("/usr/bin/python3", "-c", script, share.collection, trust, world.file("new.json", SECOND),
              str(world.folder / "got.json"))


@case("webdavclient", "lists, checks, downloads and uploads share.json")
def session(world):
    share = world.share()
    python(world, share, SCRIPT)
    world.expect_stored(share, SECOND)
    world.expect_sent("HEAD", lambda sent: sent.target == share.collection_path,
                      "webdavclient wants HEAD of the collection to be 200 before it uploads")


@case("webdavclient", "deletes share.json")
def delete(world):
    share = world.share()
    python(world, share, SCRIPT + '\nclient.clean("share.json")\nassert not client.check("share.json")\n')
    world.expect_gone(share)
