#!/usr/bin/env python3
"""A car key's transfer in which no device asks twice: both wait by long poll only, then by WebDAV-Push only, whose push
service decrypts what it is sent (services.mjs). All XML of WebDAV-Push is held to tests/vectors/webdav_push.rng.

    waiting.py --relay PROGRAM
"""

import argparse
import base64
import json
import re
import subprocess
import sys
import tempfile
import threading
import uuid
import xml.etree.ElementTree as xml
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.client import HTTPConnection
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from push import PATIENCE, Checks, RunningRelay, Services, message, words  # noqa: E402

PUSH = "https://bitfire.at/webdav-push"
SCHEMA = HERE.parent / "vectors" / "webdav_push.rng"


def name(local, space=PUSH):
    return "{%s}%s" % (space, local)


def valid(element):
    """Whether an element (or the text of one) is what the draft describes."""
    text = element if isinstance(element, str) else xml.tostring(element, encoding="unicode")
    ended = subprocess.run(["xmllint", "--noout", "--relaxng", str(SCHEMA), "-"], input=text.encode(), capture_output=True)
    return ended.returncode == 0 or ended.stderr.decode()


class Device:
    """One end of a share, over a connection of its own."""

    def __init__(self, relay, claim=None):
        self.port = relay.port
        self.claim = claim or str(uuid.uuid4())
        self.tag = ""
        self.asked = 0

    def ask(self, method, path, body=None, **headers):
        self.asked += 1
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2 * PATIENCE)
        content = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, content, {"Mailbox-Device-Claim": self.claim, "Accept": "application/json",
                                                   **{key.replace("_", "-"): value for key, value in headers.items()}})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def create(self, text):
        answer = self.ask("POST", "/v1/", message(text))
        assert answer.status == 201, answer.status
        self.tag = answer.getheader("ETag")
        self.path = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
        return self.path

    def claim_and_read(self, path):
        self.path = path
        return self.read(self.ask("POST", path))

    def read(self, answer):
        assert answer.status == 200, f"{answer.status} {answer.text}"
        self.tag = answer.getheader("ETag")
        return words(json.loads(answer.text))

    def wait(self):
        """What a long poll is answered."""
        return self.ask("GET", self.path, If_None_Match=self.tag, Prefer="wait=60")

    def write(self, text, **headers):
        answer = self.ask("PUT", self.path, message(text), If_Match=self.tag, **headers)
        assert answer.status == 204, f"{answer.status} {answer.text}"
        self.tag = answer.getheader("ETag")

    @property
    def collection(self):
        return self.path[:self.path.rindex("/") + 1]


def long_poll(relay, checks):
    """Each device has one request on its way at any time, and none is answered in vain."""
    owner, friend = Device(relay), Device(relay)
    path = owner.create("creation request")
    said = {}

    def own():
        said["owner"] = owner.read(owner.wait())
        owner.write("import request")
        said["end"] = owner.wait()

    owning = threading.Thread(target=own)
    owning.start()
    checks.check(friend.claim_and_read(path) == "creation request", "the friend claims")
    friend.write("signing request")
    checks.check(friend.read(friend.wait()) == "import request", "a long poll brings the friend the owner's answer")
    checks.check(friend.ask("DELETE", path).status == 204, "the friend is done")
    owning.join(2 * PATIENCE)
    checks.check(said.get("owner") == "signing request", "a long poll brings the owner the friend's answer")
    ended = said.get("end")
    checks.check(ended is not None and ended.status == 404 and json.loads(ended.text)["state"] == "completed",
                 "a long poll brings the owner the end")
    checks.check((owner.asked, friend.asked) == (4, 4), f"nobody asked twice: {owner.asked}, {friend.asked}")


def subscription(services, who):
    """A subscription as a browser gives it, for a push-register."""
    token = services.tokens["webpush"][who]
    given = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return (f"<push-resource>{given['endpoint']}</push-resource><content-encoding>aes128gcm</content-encoding>"
            f"<subscription-public-key type=\"p256dh\">{given['keys']['p256dh']}</subscription-public-key>"
            f"<auth-secret>{given['keys']['auth']}</auth-secret>")


def push_register(inner, trigger="<content-update><D:depth>1</D:depth></content-update>", expires=""):
    return (f'<?xml version="1.0" encoding="utf-8"?><push-register xmlns="{PUSH}" xmlns:D="DAV:"><subscription>'
            f"<web-push-subscription>{inner}</web-push-subscription></subscription><trigger>{trigger}</trigger>"
            f"{expires}</push-register>")


def register(device, services, who, **more):
    body = push_register(subscription(services, who), **more)
    assert valid(body) is True, valid(body)
    return device.ask("POST", device.collection, body, Content_Type='application/xml; charset="utf-8"')


def discover(device, checks):
    """The topic, after a look at all that a client looks at first."""
    dav = [word.strip() for word in device.ask("OPTIONS", device.collection).getheader("DAV").split(",")]
    checks.check("webdav-push" in dav, "OPTIONS announces WebDAV-Push")
    names = ("transports", "topic", "supported-triggers")
    body = f'<propfind xmlns="DAV:"><prop>{"".join(f"<{one} xmlns={chr(34)}{PUSH}{chr(34)}/>" for one in names)}</prop></propfind>'
    answer = device.ask("PROPFIND", device.collection, body, Depth="0")
    prop = xml.fromstring(answer.text).find(".//" + name("prop", "DAV:"))
    for one in names:
        element = prop.find(name(one))
        checks.check(element is not None and valid(element) is True, f"push:{one} is valid: {valid(element)}")
    return prop.find(name("topic")).text, prop.find(".//" + name("vapid-public-key")).text


def web_push(services, relay, vapid_key, checks):
    owner, friend = Device(relay), Device(relay)
    path = owner.create("creation request")
    topic, key = discover(owner, checks)
    checks.check(key == vapid_key, "the VAPID key is the one the relay signs with")

    def told(who, why):
        came = services.push()
        text = came[2] if isinstance(came, tuple) and came[:2] == ("webpush", who) else None
        good = text is not None and valid(text) is True and xml.fromstring(text).find(name("topic")).text == topic
        checks.check(good and xml.fromstring(text).find(name("content-update")) is not None,
                     f"the {who} is told {why}, not {came}")

    answer = register(owner, services, "sender")
    own = answer.getheader("Location")
    checks.check(answer.status == 201 and own and answer.getheader("Expires"), f"the owner registers: {answer.status}")
    checks.check(friend.claim_and_read(path) == "creation request", "the friend claims")
    told("sender", "of the claim")
    stranger = Device(relay)
    stranger.path = path
    checks.check(register(stranger, services, "receiver").status == 401, "a stranger does not register")
    answer = register(friend, services, "receiver")
    checks.check(answer.status == 201, "the friend registers")
    theirs = answer.getheader("Location")
    friend.write("signing request")
    told("sender", "of the signing request")
    checks.check(owner.read(owner.ask("GET", path)) == "signing request", "the owner reads it")
    owner.write("import request")
    told("receiver", "of the import request")
    checks.check(friend.read(friend.ask("GET", path)) == "import request", "the friend reads it")

    owner.write("not worth a push", Push_Dont_Notify=f'"{theirs}"')
    owner.write("worth one", Push_Dont_Notify="*")
    told("receiver", "in spite of *, and not of what it was spared")
    friend.read(friend.ask("GET", path))
    renewed = register(friend, services, "receiver", expires="<expires>" + format_datetime(
        datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True) + "</expires>")
    checks.check((renewed.status, renewed.getheader("Location")) == (204, theirs), "a registration is renewed")
    checks.check(friend.ask("DELETE", re.sub("^https?://[^/]*", "", theirs)).status == 204, "and ended")
    owner.write("not told to the friend")
    checks.check(friend.ask("DELETE", path).status == 204, "the friend is done")
    told("sender", "of the end, and the friend of nothing more")
    ended = owner.ask("GET", path)
    checks.check(ended.status == 404 and json.loads(ended.text)["state"] == "completed", "the owner learns how")
    checks.check(owner.ask("DELETE", re.sub("^https?://[^/]*", "", own)).status == 404, "a registration ends with its share")
    checks.check(services.quiet(), "nobody is told of what it did itself")


def refusals(services, relay, checks):
    owner = Device(relay)
    owner.create("x")
    good = subscription(services, "sender")
    elsewhere = re.sub("https://localhost:[0-9]+", "https://169.254.169.254", good)
    for body, status, condition in (
            (push_register(elsewhere), 403, "invalid-subscription"),
            (push_register("<push-resource>https://localhost/</push-resource>"), 403, "invalid-subscription"),
            (push_register(good, "<property-update><D:depth>0</D:depth></property-update>"), 403, "no-supported-trigger"),
            ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", 403, None), ("<x/>", 422, None),
            ("<push-register", 400, None)):
        answer = owner.ask("POST", owner.collection, body, Content_Type="application/xml")
        checks.check(answer.status == status, f"{status} expected, {answer.status} came")
        if condition:
            element = xml.fromstring(answer.text)
            checks.check(element.find(name(condition)) is not None and valid(element) is True, f"{condition} is named")
    checks.check(Device(relay).claim_and_read(owner.path) == "x", "the share works on")
    checks.check(services.quiet(), "and nothing is sent")


def restart(services, program, settings, checks):
    """A registration is as durable as its share."""
    with RunningRelay(program, *settings) as relay:
        services.expect(relay)
        owner = Device(relay)
        path = owner.create("x")
        checks.check(register(owner, services, "sender").status == 201, "registered before a restart")
    with RunningRelay(program, *settings) as relay:
        services.expect(relay)
        Device(relay).claim_and_read(path)
        checks.check(services.push()[:2] == ("webpush", "sender"), "told after it")


def settings_for(services, folder):
    return [f"store.url=sqlite:{folder}/shares.db", "limits.rate=off", "push.allow-loopback=on", *services.settings(),
            "push.types=webpush"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--relay", required=True)
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        services = Services(folder)
        settings = settings_for(services, folder)
        with RunningRelay(arguments.relay, *settings) as relay:
            published = services.expect(relay)
            long_poll(relay, checks)
            web_push(services, relay, published["vapidPublicKey"], checks)
            refusals(services, relay, checks)
        restart(services, arguments.relay, settings, checks)
        services.close()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
