#!/usr/bin/env python3
"""A relay that pushes, against push services that judge it (services.mjs): each transport in turn tells both devices of
a car key's transfer, and what goes wrong does no harm.

    push.py --relay PROGRAM
    push.py --relay PROGRAM --bench N     prints how long N pushes took from the answer to a change, for each transport
"""

import argparse
import base64
import json
import os
import queue
import re
import statistics
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from running_relay import PATIENCE, Certificate, Checks, RunningRelay  # noqa: E402

WEBDAV_PUSH = "https://bitfire.at/webdav-push"
TYPES = ["webpush", "com.apple.apns", "com.google.fcm", "webhook"]
CHANGED = {"webpush": '{"type":"changed"}', "com.apple.apns": '{"aps":{"content-available":1}}',
           "com.google.fcm": '{"type":"changed"}', "webhook": "changed"}


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


class Services:
    """services.mjs with keys and certificates of its own."""

    def __init__(self, folder):
        self.folder = folder
        certificate = Certificate(folder)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{folder}/apns.p8")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{folder}/fcm.pem")
        self.process = subprocess.Popen(["node", str(HERE / "services.mjs"), str(certificate.file),
                                         str(certificate.key), f"{folder}/expected.json"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.port = ready["port"]
        self.tokens = ready["tokens"]
        self.said = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        account = {"type": "service_account", "project_id": "wallet", "private_key_id": "1",
                   "private_key": Path(f"{folder}/fcm.pem").read_text(), "client_email": "relay@wallet.example",
                   "token_uri": f"https://localhost:{self.port}/token"}
        Path(f"{folder}/account.json").write_text(json.dumps(account))

    def _listen(self):
        for line in self.process.stdout:
            self.said.put((time.monotonic(), json.loads(line)))

    def settings(self):
        origin = f"https://localhost:{self.port}"
        return ["push.types=" + ",".join(TYPES), "push.contact=mailto:push@relay.example",
                f"push.vapid-key={self.folder}/vapid.pem", "push.webpush-hosts=localhost",
                "push.webhook-hosts=localhost", f"push.apns-key={self.folder}/apns.p8", "push.apns-key-id=KEY1234567",
                "push.apns-team=TEAM123456", "push.apns-topic=example.wallet", f"push.apns-origin={origin}",
                f"push.fcm-account={self.folder}/account.json", f"push.fcm-origin={origin}",
                f"push.authorities={self.folder}/certificate.pem", "push.gap=0s"]

    def expect(self, relay):
        """What the judges hold the relay to; its VAPID key is what it publishes."""
        published = json.load(urllib.request.urlopen(f"http://127.0.0.1:{relay.port}/.well-known/tigress-push"))
        Path(f"{self.folder}/expected.json").write_text(json.dumps({
            "vapidKey": published["vapidPublicKey"], "contact": "mailto:push@relay.example",
            "apnsKey": openssl("pkey", "-in", f"{self.folder}/apns.p8", "-pubout"), "apnsKeyId": "KEY1234567",
            "apnsTeam": "TEAM123456", "apnsTopic": "example.wallet",
            "fcmKey": openssl("pkey", "-in", f"{self.folder}/fcm.pem", "-pubout"),
            "fcmEmail": "relay@wallet.example", "fcmProject": "wallet"}))
        return published

    def next(self):
        """The next thing that was said, and when; the first sign-in at Google's is no push."""
        while True:
            moment, line = self.said.get(timeout=PATIENCE)
            if line.get("text") != "signed in":
                return moment, line

    def push(self):
        _, line = self.next()
        return (line.get("type"), line.get("name"), line.get("text")) if "type" in line else line

    def tell(self, kind, name, **answer):
        """What pushes to that name get from now on."""
        self.process.stdin.write(json.dumps({"type": kind, "name": name, **answer}) + "\n")
        self.process.stdin.flush()
        while "told" not in self.next()[1]:
            pass

    def quiet(self):
        return self.said.empty()

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Phone:
    def __init__(self, relay):
        self.port = relay.port
        self.claim = str(uuid.uuid4())

    def send(self, method, path, body=None, **headers):
        """The answer and its text."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        fields = {"Mailbox-Device-Claim": self.claim, "Accept": "application/json",
                  **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def ask(self, method, path, body=None):
        answer, text = self.send(method, path, json.dumps(body) if body is not None else None)
        return answer.status, (json.loads(text) if text else {})

    def create(self, kind="", token="", rights="RWD", **configuration):
        body = {**message("creation request"), "displayInformation": {"title": "A car key"},
                "mailboxConfiguration": {"accessRights": rights, **configuration}}
        if kind:
            body["notificationToken"] = {"type": kind, "tokenData": token}
        status, answer = self.ask("POST", "/v1/m", body)
        assert status == 200, status
        return re.sub("^https?://[^/]*", "", answer["urlLink"]), answer["isPushNotificationSupported"]


def message(words):
    return {"payload": {"type": "AEAD_AES_128_GCM", "data": base64.b64encode(words.encode()).decode()}}


def words(document):
    return base64.b64decode(document["payload"]["data"]).decode()


def figures(relay):
    text = urllib.request.urlopen(f"http://127.0.0.1:{relay.admin_port}/metrics", timeout=PATIENCE).read().decode()
    return {name: float(value) for name, value in re.findall(r"^(tigress_push\w+) (\S+)$", text, re.M)}


def wait_for(relay, name, least):
    """Until that figure is as large."""
    deadline = time.monotonic() + PATIENCE
    while figures(relay)[name] < least:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not reach {least}: {figures(relay)}")
        threading.Event().wait(0.02)


def prove_webhooks(services, relay, checks):
    """The first time a webhook is named it is challenged, and no device is promised anything."""
    for name in ("sender", "receiver"):
        path, supported = Phone(relay).create("webhook", services.tokens["webhook"][name])
        checks.check(not supported, "a webhook that has not stood its challenge is not promised")
        checks.check(services.push() == ("webhook", name, "challenge"), f"the {name}'s webhook is challenged")


def car_key(services, relay, kind, checks):
    """The stateful flow of the car key, in which no device does anything before it was pushed to."""
    tokens = services.tokens[kind]
    owner, friend = Phone(relay), Phone(relay)

    def told(name, why):
        came = services.push()
        checks.check(came == (kind, name, CHANGED[kind]), f"{kind}: the {name} is told {why}, not {came}")

    path, supported = owner.create(kind, tokens["sender"])
    checks.check(supported, f"{kind}: the owner is promised a push")
    status, document = friend.ask("POST", path)
    checks.check((status, words(document)) == (200, "creation request"), f"{kind}: the friend claims")
    told("sender", "of the claim")
    status, answer = friend.ask("PUT", path, {**message("signing request"), "notificationToken":
                                              {"type": kind, "tokenData": tokens["receiver"]}})
    checks.check(status == 200 and answer["isPushNotificationSupported"], f"{kind}: the friend is promised a push")
    told("sender", "of the signing request")
    checks.check(words(owner.ask("POST", path)[1]) == "signing request", f"{kind}: the owner reads it")
    status, answer = owner.ask("PUT", path, message("import request"))
    checks.check(status == 200 and answer["isPushNotificationSupported"], f"{kind}: the owner's token is still good")
    told("receiver", "of the import request")
    checks.check(words(friend.ask("POST", path)[1]) == "import request", f"{kind}: the friend reads it")
    checks.check(friend.ask("DELETE", path)[0] == 200, f"{kind}: the friend closes the mailbox")
    told("sender", "of the end")
    checks.check(owner.ask("POST", path)[1].get("state") == "completed", f"{kind}: the owner learns that it is done")
    checks.check(services.quiet(), f"{kind}: nobody is told of what it did itself")


def webdav_push(services, relay, checks):
    """The same in the WebDAV dialect, by registrations of WebDAV-Push: a message in XML, and an end by DELETE."""
    owner, friend = Phone(relay), Phone(relay)
    made, _ = owner.send("POST", "/v1/", json.dumps(message("creation request")))
    document = re.sub("^https?://[^/]*", "", made.getheader("Location"))
    collection = document.rsplit("/", 1)[0] + "/"

    def register(phone, name):
        subscription = json.loads(base64.urlsafe_b64decode(services.tokens["webpush"][name] + "=="))
        answer, _ = phone.send("POST", collection, f"""<?xml version="1.0" encoding="utf-8"?>
            <push-register xmlns="{WEBDAV_PUSH}" xmlns:D="DAV:">
              <subscription><web-push-subscription>
                <push-resource>{subscription["endpoint"]}</push-resource>
                <content-encoding>aes128gcm</content-encoding>
                <subscription-public-key type="p256dh">{subscription["keys"]["p256dh"]}</subscription-public-key>
                <auth-secret>{subscription["keys"]["auth"]}</auth-secret>
              </web-push-subscription></subscription>
              <trigger><content-update><D:depth>infinity</D:depth></content-update></trigger>
            </push-register>""", Content_Type="application/xml")
        checks.check(answer.status == 201, f"the {name} registers by WebDAV-Push, not {answer.status}")
        return re.sub("^https?://[^/]*", "", answer.getheader("Location") or "")

    def told(name, why):
        came = services.push()
        names = [element.tag for element in ElementTree.fromstring(came[2]).iter()]
        good = came[:2] == ("webpush", name) and names == [f"{{{WEBDAV_PUSH}}}{one}" for one in
                                                           ("push-message", "topic", "content-update")]
        checks.check(good, f"WebDAV-Push: the {name} is told {why}, not {came}")

    register(owner, "sender")
    friend.send("POST", document)
    told("sender", "of the claim")
    registration = register(friend, "receiver")
    for words_ in ("import request", "another"):
        tag = owner.send("GET", document)[0].getheader("ETag")
        checks.check(owner.send("PUT", document, json.dumps(message(words_)), If_Match=tag)[0].status == 204,
                     "the owner changes the document")
        told("receiver", "of the change")
    checks.check(friend.send("DELETE", registration)[0].status == 204, "the friend wants to hear no more")
    owner.send("PUT", document, json.dumps(message("more")))
    friend.send("DELETE", document)
    told("sender", "of the end")
    checks.check(services.quiet(), "WebDAV-Push: nobody else is told of anything")


def expiry(services, relay, checks):
    soon = (datetime.now(timezone.utc) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    owner = Phone(relay)
    path, _ = owner.create("webpush", services.tokens["webpush"]["sender"], expiration=soon)
    checks.check(services.push() == ("webpush", "sender", CHANGED["webpush"]), "the owner is told of the expiry")
    checks.check(owner.ask("POST", path)[1].get("state") == "expired", "and learns that it was one")


def dead_token(services, relay, checks):
    gone = figures(relay)["tigress_push_tokens_gone_total"]
    services.tell("webpush", "sender", status=410)
    owner, friend = Phone(relay), Phone(relay)
    path, _ = owner.create("webpush", services.tokens["webpush"]["sender"])
    friend.ask("POST", path)
    checks.check(services.push()[:2] == ("webpush", "sender"), "a dead token is tried once")
    wait_for(relay, "tigress_push_tokens_gone_total", gone + 1)
    services.tell("webpush", "sender")
    # Both are told of a change, the one with the dead token first: if it came, it would come before the other.
    friend.ask("PUT", path, {**message("x"), "notificationToken":
                             {"type": "webpush", "tokenData": services.tokens["webpush"]["receiver"]}})
    status, answer = owner.ask("PUT", path, message("y"))
    checks.check(status == 200 and not answer["isPushNotificationSupported"],
                 "the owner is told that its token is of no use any more")
    checks.check(services.push()[:2] == ("webpush", "receiver"), "a dead token is not sent to again")


def busy_service(services, relay, checks):
    repeated = figures(relay)["tigress_pushes_repeated_total"]
    services.tell("com.apple.apns", "sender", status=429, headers={"retry-after": "3"})
    path, _ = Phone(relay).create("com.apple.apns", services.tokens["com.apple.apns"]["sender"])
    Phone(relay).ask("POST", path)
    first, _ = services.next()
    wait_for(relay, "tigress_pushes_repeated_total", repeated + 1)
    services.tell("com.apple.apns", "sender")
    second, line = services.next()
    checks.check(line["status"] == 200 and second - first >= 3, "a busy service is left alone for as long as it says")


def redirecting_service(services, relay, checks):
    failed = figures(relay)["tigress_pushes_failed_total"]
    location = f"https://localhost:{services.port}/webpush/receiver"
    services.tell("webpush", "sender", status=307, headers={"location": location})
    path, _ = Phone(relay).create("webpush", services.tokens["webpush"]["sender"])
    Phone(relay).ask("POST", path)
    checks.check(services.push()[:2] == ("webpush", "sender"), "a service that redirects is asked")
    wait_for(relay, "tigress_pushes_failed_total", failed + 1)
    checks.check(services.quiet(), "and not followed")
    services.tell("webpush", "sender")


def bad_tokens(services, relay, checks):
    before = figures(relay)["tigress_push_tokens_refused_total"]
    good = services.tokens["webpush"]["sender"]
    elsewhere = json.loads(base64.urlsafe_b64decode(good + "=="))
    elsewhere["endpoint"] = "https://169.254.169.254/latest"
    encoded = base64.urlsafe_b64encode(json.dumps(elsewhere).encode()).decode().rstrip("=")
    rows = [("com.example.unknown", "x"), ("", ""), ("webpush", "no base64!"), ("webpush", encoded),
            ("com.apple.apns", "../../x"), ("com.google.fcm", "a b"), ("webhook", good), ("webpush", "A" * 5000)]
    for kind, token in rows:
        path, supported = Phone(relay).create(kind, token) if kind else Phone(relay).create("x", "")
        checks.check(not supported, f"a token of {kind!r} that is none is not promised")
        checks.check(Phone(relay).ask("POST", path)[0] == 200, "and its share works on")
    checks.check(figures(relay)["tigress_push_tokens_refused_total"] >= before + len(rows), "they are counted")
    checks.check(services.quiet(), "and nothing is sent to them")


def addresses(services, program, checks):
    """With the test's permission taken away, the loopback is as forbidden as for everybody."""
    with RunningRelay(program, "store.url=memory:", "admin.port=0", *services.settings(),
                      f"push.ports={services.port}", "push.attempts=2") as relay:
        services.expect(relay)
        path, supported = Phone(relay).create("webpush", services.tokens["webpush"]["sender"])
        checks.check(supported, "the host and port are allowed")
        Phone(relay).ask("POST", path)
        wait_for(relay, "tigress_pushes_repeated_total", 1)
        wait_for(relay, "tigress_pushes_failed_total", 1)
        checks.check(services.quiet(), "but its address is not: nothing arrives")
    with RunningRelay(program, "store.url=memory:", *services.settings()) as relay:
        checks.check(not Phone(relay).create("webpush", services.tokens["webpush"]["sender"])[1],
                     "a port that is not allowed is refused at once")


def refused_settings(program, checks):
    for settings, words_ in (
            (["push.allow-loopback=on", "listen.address=0.0.0.0", "tls.behind-proxy=10.0.0.0/8"], "it is for tests"),
            (["push.allow-loopback=on", "public.origin=https://relay.example"], "it is for tests"),
            (["push.types=com.apple.apns"], "push.apns-key"), (["push.types=com.google.fcm"], "push.fcm-account"),
            (["push.types=webhook"], "push.webhook-hosts"), (["push.types=pigeon"], "push.types = pigeon")):
        arguments = [part for setting in settings for part in ("-D", setting)]
        ended = subprocess.run([program, *arguments, "--check-config"], capture_output=True, text=True)
        checks.check(ended.returncode == 78 and words_ in ended.stderr, f"{settings} are refused: {ended.stderr}")


def bench(services, relay, times):
    """From the answer that a change was committed to the push at its service."""
    prove_webhooks(services, relay, Checks())
    print("| transport | half of them | 99 of 100 | longest |\n|---|---|---|---|")
    for kind in TYPES:
        took = []
        owner, friend = Phone(relay), Phone(relay)
        for number in range(times + 1):
            path, _ = owner.create(kind, services.tokens[kind]["sender"])
            friend.ask("POST", path)
            committed = time.monotonic()
            arrived, _ = services.next()
            if number > 0:  # the first makes the connection
                took.append(max(arrived - committed, 0) * 1000)
        took.sort()
        print(f"| {kind} | {statistics.median(took):.1f} ms | {took[int(len(took) * 0.99)]:.1f} ms | {took[-1]:.1f} ms |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--relay", required=True)
    parser.add_argument("--bench", type=int, metavar="N")
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        services = Services(folder)
        usual = [f"store.url=sqlite:{folder}/shares.db", "admin.port=0", "cleanup.interval=1s", "limits.rate=off",
                 "push.allow-loopback=on", *services.settings()]
        with RunningRelay(arguments.relay, *usual) as relay:
            published = services.expect(relay)
            if arguments.bench:
                bench(services, relay, arguments.bench)
                return services.close()
            mode = stat.S_IMODE(os.stat(f"{folder}/vapid.pem").st_mode)
            checks.check(mode == 0o600, f"the VAPID key is for its owner only, not {mode:o}")
            checks.check(published["types"] == TYPES, "the relay publishes what it sends")
            prove_webhooks(services, relay, checks)
            for kind in TYPES:
                car_key(services, relay, kind, checks)
            webdav_push(services, relay, checks)
            expiry(services, relay, checks)
            dead_token(services, relay, checks)
            busy_service(services, relay, checks)
            redirecting_service(services, relay, checks)
            bad_tokens(services, relay, checks)
            errors = [line for line in relay.said if " Error " in line]
            checks.check(not errors, f"no error is logged: {errors}")
        with RunningRelay(arguments.relay, *usual) as relay:
            checks.check(services.expect(relay) == published, "the VAPID key outlives a restart")
        addresses(services, arguments.relay, checks)
        services.close()
    refused_settings(arguments.relay, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
